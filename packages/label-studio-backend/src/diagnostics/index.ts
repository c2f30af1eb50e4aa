export { adviceFor, createJournal, type Journal, type JournalEntry, type JournalFields } from './journal.js';
export { createLogWriter } from './log-writer.js';
export { createJsonLogger, type Logger, silentLogger } from './logger.js';
export { type DiagnosticsReport, diagnosticsPage } from './page.js';
