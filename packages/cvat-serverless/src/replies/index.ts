export { cvatRle } from './cvat-rle.js';
export { writeMaskRows } from './mask-rows.js';
export { checkReplyFormat, type ReplyFormat, replyFormatFor, replyFormats } from './reply-format.js';
export { type ReplyContent, writeReply } from './write-reply.js';
