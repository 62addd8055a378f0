// Work on databases without a server. The server does not load it.
export { type Backup, backUpDatabase, type BackupOptions } from './storage/backup.ts';
export { migrateDatabase, type Migrated } from './storage/migrate-database.ts';
export { type CompletedMove, runMove } from './storage/move/run-move.ts';
