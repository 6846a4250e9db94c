use chrono::SecondsFormat;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, StreamTrait, TransactionStream,
    prelude::DateTimeUtc,
};
use serde_json::Value;

use super::{
    BrokenRow, Discrepancy,
    invariants::{Check, Key, Kind, Relation, Rule},
};
use crate::db::Transaction;

/// Marks where [`go_back`] leads. Called once, before any check.
pub async fn mark(snapshot: &Transaction) -> Result<(), DbErr> {
    snapshot.execute_unprepared("SAVEPOINT checks").await?;
    Ok(())
}

/// Makes the snapshot fit for use after a statement has failed: PostgreSQL refuses all others until then.
pub async fn go_back(snapshot: &Transaction) -> Result<(), DbErr> {
    snapshot
        .execute_unprepared("ROLLBACK TO SAVEPOINT checks")
        .await?;
    Ok(())
}

/// How many rows a check looks at.
pub async fn count(snapshot: &Transaction, check: &Check) -> Result<u64, DbErr> {
    let sql = format!("SELECT COUNT(*) FROM {}", check.counted);
    let counted = snapshot.query_one_raw(Statement::from_string(backend(snapshot), sql));
    let count = match counted.await? {
        Some(row) => row.try_get_by_index::<i64>(0)?,
        None => 0,
    };
    Ok(count.unsigned_abs())
}

/// The rows for which any of the check's rules does not hold, one by one.
pub async fn broken<'s>(
    snapshot: &'s Transaction,
    check: &Check,
) -> Result<TransactionStream<'s>, DbErr> {
    let backend = backend(snapshot);
    let statement = Statement::from_string(backend, sql(backend, check));
    snapshot.stream_raw(statement).await
}

/// Reads one of these rows.
pub fn read(check: &Check, row: &QueryResult) -> Result<BrokenRow, DbErr> {
    let key = check
        .key
        .iter()
        .map(|key| Ok((key.name, read_key(key, row)?)));
    let rules = check.rules.iter().enumerate();
    let discrepancies = rules.map(|(index, rule)| read_discrepancy(rule, index, row));
    let discrepancies = discrepancies.filter_map(Result::transpose);
    Ok(BrokenRow {
        invariant: check.invariant,
        rows: check.rows,
        key: key.collect::<Result<_, DbErr>>()?,
        discrepancies: discrepancies.collect::<Result<_, DbErr>>()?,
    })
}

fn backend(snapshot: &Transaction) -> DbBackend {
    ConnectionTrait::get_database_backend(snapshot)
}

fn sql(backend: DbBackend, check: &Check) -> String {
    let keys = check.key.iter().map(|key| {
        let column = key.column;
        match (backend, key.kind) {
            (DbBackend::Postgres, Kind::Number) => {
                format!("CAST({column} AS BIGINT) AS {column}")
            }
            (DbBackend::Postgres, _) => column.to_owned(),
            // Whatever its type, a column may hold anything.
            _ => format!(
                "{column}, CASE typeof({column}) WHEN 'blob' THEN quote({column}) \
                 ELSE CAST({column} AS TEXT) END AS {column}_as_text"
            ),
        }
    });
    let rules = check.rules.iter().enumerate().map(|(index, rule)| {
        let Rule {
            expected, found, ..
        } = rule;
        let is_broken = is_broken(rule);
        format!(
            "CAST({expected} AS TEXT) AS expected_{index}, CAST({found} AS TEXT) AS found_{index}, \
             {is_broken} AS is_broken_{index}"
        )
    });
    let columns = keys.chain(rules).collect::<Vec<_>>().join(", ");
    let any = check.rules.iter().map(is_broken).collect::<Vec<_>>();
    let (select, any) = (&check.select, any.join(" OR "));
    format!("SELECT {columns} FROM ({select}) AS checked WHERE {any}")
}

/// The condition on which a rule does not hold. Nothing differs from something, but is not less or more.
fn is_broken(rule: &Rule) -> String {
    let Rule {
        expected, found, ..
    } = rule;
    match rule.relation {
        Relation::Equal => format!("(({found}) IS DISTINCT FROM ({expected}))"),
        Relation::AtLeast => format!("((({found}) < ({expected})) IS TRUE)"),
        Relation::AtMost => format!("((({found}) > ({expected})) IS TRUE)"),
    }
}

/// The key's value, or the text of what is there instead.
fn read_key(key: &Key, row: &QueryResult) -> Result<Value, DbErr> {
    read_typed(key, row).or_else(|error| {
        let text = row.try_get::<String>("", &format!("{}_as_text", key.column));
        text.map(Value::from).map_err(|_| error)
    })
}

fn read_typed(key: &Key, row: &QueryResult) -> Result<Value, DbErr> {
    Ok(match key.kind {
        Kind::Id(shown) => shown(row.try_get("", key.column)?).into(),
        Kind::Text => row.try_get::<String>("", key.column)?.into(),
        Kind::Number => row.try_get::<i64>("", key.column)?.into(),
        Kind::Time => row
            .try_get::<DateTimeUtc>("", key.column)?
            .to_rfc3339_opts(SecondsFormat::AutoSi, true)
            .into(),
    })
}

fn read_discrepancy(
    rule: &Rule,
    index: usize,
    row: &QueryResult,
) -> Result<Option<Discrepancy>, DbErr> {
    if !row.try_get("", &format!("is_broken_{index}"))? {
        return Ok(None);
    }
    let value = |side| row.try_get::<Option<String>>("", &format!("{side}_{index}"));
    Ok(Some(Discrepancy {
        what: rule.what,
        relation: rule.relation,
        expected: parsed(value("expected")?),
        found: parsed(value("found")?),
    }))
}

/// The number that the text is, or the word.
fn parsed(text: Option<String>) -> Value {
    text.map_or(Value::Null, |text| match text.parse::<i64>() {
        Ok(number) => number.into(),
        Err(_) => text.into(),
    })
}
