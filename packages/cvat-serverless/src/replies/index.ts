export type { Allocate } from './mask-rows.js';
export { type ReadReply, readReply } from './read-reply.js';
export { type ReplyFormat, replyFormats } from './reply-format.js';
export { type ReplyContent, writeReply } from './write-reply.js';
