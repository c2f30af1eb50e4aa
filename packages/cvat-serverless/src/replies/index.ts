export { writeMaskRows } from './mask-rows.js';
export { type ReadReply, readReply } from './read-reply.js';
export { checkReplyFormat, type ReplyFormat, replyFormatFor, replyFormats } from './reply-format.js';
export { type ReplyContent, writeReply } from './write-reply.js';
