//! Which migrations a database has, beside those that this program knows.
//!
//! While a new program takes over from an old one, both serve one database, and the new one has migrated it: so a
//! schema that is further than the program knows is one that it can serve. What migrations must keep to for that is
//! told where they are, in the `migration` crate.

use std::collections::HashSet;

use migration::{Migrator, MigratorTrait, SchemaManager, seaql_migrations};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, QueryOrder};

/// The table in which a database keeps what was applied to it.
const TABLE: &str = "seaql_migrations";

/// The migrations of a program and of its database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrations {
    /// Those that the program knows, in their order, and whether the database has each.
    pub known: Vec<(String, bool)>,
    /// Those that the database has and the program does not know: a newer program's.
    pub newer: Vec<String>,
}

impl Migrations {
    pub(super) async fn of(connection: &DatabaseConnection) -> Result<Self, DbErr> {
        let applied = applied(connection).await?;
        let known = Migrator::migrations();
        let known = known.iter().map(|migration| migration.name().to_owned());
        Ok(Self::compared(known.collect(), applied))
    }

    fn compared(known: Vec<String>, applied: Vec<String>) -> Self {
        let names = known.iter().cloned().collect::<HashSet<_>>();
        let has = applied.iter().cloned().collect::<HashSet<_>>();
        let is_applied = |name: String| {
            let is_applied = has.contains(&name);
            (name, is_applied)
        };
        Self {
            known: known.into_iter().map(is_applied).collect(),
            newer: applied
                .into_iter()
                .filter(|name| !names.contains(name))
                .collect(),
        }
    }

    /// Whether the database has all that the program knows.
    #[must_use]
    pub fn are_all_applied(&self) -> bool {
        self.known.iter().all(|(_, is_applied)| *is_applied)
    }
}

/// What was applied, the oldest first.
async fn applied(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(connection).has_table(TABLE).await? {
        return Ok(Vec::new());
    }
    let rows = seaql_migrations::Entity::find()
        .order_by_asc(seaql_migrations::Column::Version)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Applies what is missing.
pub(super) async fn bring_up(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let migrations = Migrations::of(connection).await?;
    if migrations.newer.is_empty() {
        return Migrator::up(connection, None).await;
    }
    let newer = migrations.newer.join(", ");
    if migrations.are_all_applied() {
        tracing::warn!(newer, "the database's schema is newer than this program");
        return Ok(());
    }
    // Neither is older than the other: to apply one's migrations on top of the other's would be a guess.
    Err(DbErr::Custom(format!(
        "the database has migrations that this program does not know ({newer}), and lacks some that it does"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(known: &[&str], applied: &[&str]) -> Migrations {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Migrations::compared(owned(known), owned(applied))
    }

    #[test]
    fn a_database_may_be_behind_ahead_or_elsewhere() {
        assert!(compared(&["a", "b"], &["a", "b"]).are_all_applied());
        let behind = compared(&["a", "b"], &["a"]);
        assert_eq!(behind.known, [("a".into(), true), ("b".into(), false)]);
        assert!(!behind.are_all_applied() && behind.newer.is_empty());
        let ahead = compared(&["a", "b"], &["a", "b", "c"]);
        assert!(ahead.are_all_applied());
        assert_eq!(ahead.newer, ["c"]);
        let elsewhere = compared(&["a", "b"], &["a", "c"]);
        assert!(!elsewhere.are_all_applied());
        assert_eq!(elsewhere.newer, ["c"]);
    }
}
