//! In which transaction something was told, on PostgreSQL: servers look for what others committed since they last looked.
//!
//! Not a time: rows come to light when they are committed, in another order than they were written in, and servers'
//! clocks differ. What a snapshot did not see and the next one does was committed in between, whatever the time.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 2] = ["order_event", "gift"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in on_postgres(manager) {
            // First the column, then its default: rows that are there already stay without, and out of the index.
            let sql = format!(
                "ALTER TABLE {table} ADD COLUMN written_in xid8; \
                 ALTER TABLE {table} ALTER COLUMN written_in SET DEFAULT pg_current_xact_id(); \
                 CREATE INDEX {table}_written_in_idx ON {table} (written_in) WHERE written_in IS NOT NULL"
            );
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in on_postgres(manager) {
            let sql = format!("ALTER TABLE {table} DROP COLUMN written_in");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}

/// SQLite has one server, which hears itself.
fn on_postgres(manager: &SchemaManager<'_>) -> &'static [&'static str] {
    match manager.get_database_backend() {
        DbBackend::Postgres => &TABLES,
        _ => &[],
    }
}
