//! Breaking a shop by hand.

use entity::id::TypedId;
use jangteo::db::Db;
use sea_orm::{ConnectionTrait, DbBackend};

use super::printed;

/// How an id is written in SQL.
pub fn sql(db: &Db, id: impl TypedId) -> String {
    match db.backend() {
        DbBackend::Postgres => format!("'{}'", id.uuid()),
        _ => format!("X'{}'", id.uuid().simple()),
    }
}

pub async fn execute(db: &Db, sql: &str) {
    let executed = db.writer().execute_unprepared(sql).await;
    executed.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Takes away what keeps wrong rows out of the tables.
pub async fn take_guards_away(db: &Db) {
    execute(db, "DROP INDEX order_member_id_idempotency_key_key").await;
    let drop_constraints = match db.backend() {
        DbBackend::Postgres => {
            "DO $$ DECLARE guard record; BEGIN
                 FOR guard IN
                     SELECT conrelid::regclass AS of, conname AS name FROM pg_constraint
                     WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
                 LOOP
                     EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.of, guard.name);
                 END LOOP;
             END $$"
        }
        _ => "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
    };
    execute(db, drop_constraints).await;
}

/// Breaks rows of a table; gives what the audit finds then, sorted; mends the table.
pub async fn broken_by(db: &Db, table: &str, sql: &str) -> Vec<String> {
    execute(db, &format!("CREATE TABLE intact AS SELECT * FROM {table}")).await;
    execute(db, sql).await;
    let (lines, _) = printed(db).await;
    for mend in [
        &*format!("DELETE FROM {table}"),
        &*format!("INSERT INTO {table} SELECT * FROM intact"),
        "DROP TABLE intact",
    ] {
        execute(db, mend).await;
    }
    lines
}
