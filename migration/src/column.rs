//! The kinds of column that the tables are made of, so that one kind is spelled one way.

use sea_orm_migration::{prelude::*, schema, sea_orm::DbBackend};

/// A UUIDv7 that the application makes.
pub fn id(name: &'static str) -> ColumnDef {
    schema::uuid(name).primary_key().take()
}

pub fn reference(name: &'static str) -> ColumnDef {
    schema::uuid(name)
}

pub fn optional_reference(name: &'static str) -> ColumnDef {
    schema::uuid_null(name)
}

/// Whole won, never negative.
pub fn won(name: &'static str) -> ColumnDef {
    schema::big_integer(name)
        .check(Expr::col(name).gte(0))
        .take()
}

pub fn optional_won(name: &'static str) -> ColumnDef {
    schema::big_integer_null(name)
        .check(Expr::col(name).gte(0))
        .take()
}

/// A count of pieces, never negative.
pub fn count(name: &'static str) -> ColumnDef {
    schema::integer(name).check(Expr::col(name).gte(0)).take()
}

/// A count of pieces, at least one.
pub fn quantity(name: &'static str) -> ColumnDef {
    schema::integer(name).check(Expr::col(name).gt(0)).take()
}

/// One of a few words.
pub fn word(name: &'static str, words: &'static [&'static str]) -> ColumnDef {
    schema::text(name)
        .check(Expr::col(name).is_in(words.iter().copied()))
        .take()
}

pub fn optional_word(name: &'static str, words: &'static [&'static str]) -> ColumnDef {
    schema::text_null(name)
        .check(Expr::col(name).is_in(words.iter().copied()))
        .take()
}

pub fn time(name: &'static str) -> ColumnDef {
    schema::timestamp_with_time_zone(name)
}

pub fn optional_time(name: &'static str) -> ColumnDef {
    schema::timestamp_with_time_zone_null(name)
}

/// A text that is sorted by: by code point on PostgreSQL too, as on SQLite, so that both sort alike
/// whatever locale the database was made with. (Hangul syllables in code-point order are in 가나다
/// order.)
pub fn sorted_text(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = schema::text(name);
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// A foreign key from `table.column` to `target.id`; rows that are referred to cannot be deleted.
pub fn foreign_key(
    table: &'static str,
    column: &'static str,
    target: &'static str,
    target_column: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_{column}_fkey"))
        .from(table, column)
        .to(target, target_column)
        .take()
}
