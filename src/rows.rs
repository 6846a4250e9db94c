//! Many rows in one parameter, as JSON: a statement's text does not depend on how many rows it carries, so each
//! connection parses it once, and no number of rows meets the database's limit of parameters.

use std::fmt::{self, Write};

use chrono::SecondsFormat;
use entity::id::TypedId;
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DbBackend, DbErr, EntityName, EntityTrait, ExprTrait,
    Iden, Iterable, ModelTrait, Statement, Value,
    sea_query::{Alias, Expr, Func, Query, SelectStatement, extension::postgres::PgFunc},
};
use uuid::Uuid;

use crate::db::Transaction;

/// What a column of rows holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Uuid,
    Text,
    Integer,
    BigInteger,
    Boolean,
    Time,
    Json,
    Bytes,
}

/// Rows as a table of a statement: write it where a table stands, and give its parameter, `$1`, to
/// [`Rows::statement`].
#[derive(Clone, Debug)]
pub struct Rows {
    backend: DbBackend,
    table: String,
    json: String,
}

impl Rows {
    /// Rows under this name, with these columns.
    pub fn new<const N: usize>(
        backend: DbBackend,
        name: &str,
        columns: [(&str, Kind); N],
        rows: impl IntoIterator<Item = [Value; N]>,
    ) -> Self {
        let mut json = JsonRows::new(backend);
        for row in rows {
            json.push(columns.iter().map(|(name, _)| *name).zip(row));
        }
        Self {
            backend,
            table: table(backend, name, &columns),
            json: json.finish(),
        }
    }

    /// A statement that names the rows.
    pub fn statement(self, sql: &str) -> Statement {
        Statement::from_sql_and_values(self.backend, sql, [self.json.into()])
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)
    }
}

/// Inserts rows of one entity, in one statement.
pub async fn insert<M: ModelTrait>(tx: &Transaction, rows: &[M]) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute_raw(insertion(tx.get_database_backend(), rows))
        .await?;
    Ok(())
}

/// The statement that inserts rows of one entity.
pub fn insertion<'r, M: ModelTrait + 'r>(
    backend: DbBackend,
    rows: impl IntoIterator<Item = &'r M>,
) -> Statement {
    let columns = <M::Entity as EntityTrait>::Column::iter()
        .map(|column| (column, column.unquoted().to_owned()))
        .collect::<Vec<_>>();
    let mut json = JsonRows::new(backend);
    for row in rows {
        let values = columns
            .iter()
            .map(|(column, name)| (name.as_str(), row.get(*column)));
        json.push(values);
    }
    let kinds = columns
        .iter()
        .map(|(column, name)| (name.as_str(), Kind::of(column.def().get_column_type())))
        .collect::<Vec<_>>();
    let names = kinds.iter().map(|(name, _)| format!(r#""{name}""#));
    let names = names.collect::<Vec<_>>().join(", ");
    let sql = format!(
        r#"INSERT INTO "{}" ({names}) SELECT {names} FROM {}"#,
        M::Entity::default().table_name(),
        table(backend, "rows", &kinds),
    );
    Statement::from_sql_and_values(backend, sql, [json.finish().into()])
}

/// Carries out statements of one parameter, `$1`, each, none of which reads what another writes, in one round trip.
/// On PostgreSQL they are one statement, which sees the tables as they were before it, and whose references are
/// checked after it.
pub async fn execute_together(tx: &Transaction, statements: Vec<Statement>) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let (mut texts, mut values) = (Vec::new(), Vec::new());
    for (index, statement) in statements.into_iter().enumerate() {
        texts.push(statement.sql.replace("$1", &format!("${}", index + 1)));
        values.extend(statement.values.into_iter().flat_map(|values| values.0));
    }
    let sql = match (backend, texts.as_slice()) {
        (_, []) => return Ok(()),
        (DbBackend::Postgres, [first, others @ ..]) => together(first, others),
        (_, texts) => texts.join(";\n"),
    };
    let statement = Statement::from_sql_and_values(backend, sql, values);
    tx.execute_raw(statement).await?;
    Ok(())
}

/// The first statement, with the others as its WITH clause, the last of them first: in this order PostgreSQL carries
/// out what does not refer to each other, so what should be locked last is.
fn together(first: &str, others: &[String]) -> String {
    let clauses = others.iter().rev().enumerate();
    let clauses = clauses.map(|(index, sql)| format!("write_{index} AS ({sql})"));
    let clauses = clauses.collect::<Vec<_>>().join(",\n");
    if clauses.is_empty() {
        first.to_owned()
    } else {
        format!("WITH {clauses}\n{first}")
    }
}

/// Whether a column is one of the ids, which are one parameter, however many they are.
pub fn among<I: TypedId>(
    db: &impl ConnectionTrait,
    column: impl ColumnTrait,
    ids: impl IntoIterator<Item = I>,
) -> Expr {
    let ids = ids.into_iter().map(I::uuid).collect::<Vec<_>>();
    let column = Expr::col(column.as_column_ref());
    match (db.get_database_backend(), ids.as_slice()) {
        // Most often it is one, and need not be searched for in a list.
        (_, [id]) => column.eq(*id),
        (DbBackend::Postgres, _) => column.eq(PgFunc::any(ids)),
        _ => column.in_subquery(listed(&ids)),
    }
}

/// The ids as SQLite reads them out of JSON.
fn listed(ids: &[Uuid]) -> SelectStatement {
    let ids = ids.iter().map(|id| id.simple().to_string());
    let json = ids.collect::<serde_json::Value>().to_string();
    Query::select()
        .expr(Expr::cust(r#"unhex("value")"#))
        .from_function(
            Func::cust("json_each").arg(Expr::val(json)),
            Alias::new("value"),
        )
        .take()
}

/// The parameter as a table.
fn table(backend: DbBackend, name: &str, columns: &[(&str, Kind)]) -> String {
    let columns = columns
        .iter()
        .map(|(column, kind)| match backend {
            DbBackend::Postgres => format!(r#""{column}" {}"#, kind.postgres()),
            _ => kind.sqlite(column),
        })
        .collect::<Vec<_>>()
        .join(", ");
    match backend {
        DbBackend::Postgres => format!(r#"json_to_recordset($1::json) AS "{name}" ({columns})"#),
        _ => format!(r#"(SELECT {columns} FROM jsonb_each($1)) AS "{name}""#),
    }
}

impl Kind {
    fn of(column: &ColumnType) -> Self {
        match column {
            ColumnType::Uuid => Self::Uuid,
            ColumnType::Integer => Self::Integer,
            ColumnType::BigInteger => Self::BigInteger,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::TimestampWithTimeZone => Self::Time,
            ColumnType::Json | ColumnType::JsonBinary => Self::Json,
            ColumnType::Blob | ColumnType::VarBinary(_) => Self::Bytes,
            _ => Self::Text,
        }
    }

    /// The type that PostgreSQL reads out of the JSON.
    fn postgres(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::Integer => "integer",
            Self::BigInteger => "bigint",
            Self::Boolean => "boolean",
            Self::Time => "timestamptz",
            Self::Json => "json",
            Self::Bytes => "bytea",
        }
    }

    /// How SQLite reads a column out of the JSON.
    fn sqlite(self, column: &str) -> String {
        match self {
            Self::Uuid | Self::Bytes => format!(r#"unhex("value" ->> '{column}') AS "{column}""#),
            _ => format!(r#""value" ->> '{column}' AS "{column}""#),
        }
    }
}

/// A JSON array of objects, written value by value.
struct JsonRows {
    json: String,
    /// What PostgreSQL's text form of bytes begins with.
    bytes_prefix: &'static str,
}

impl JsonRows {
    fn new(backend: DbBackend) -> Self {
        Self {
            json: "[".to_owned(),
            bytes_prefix: match backend {
                DbBackend::Postgres => r"\\x",
                _ => "",
            },
        }
    }

    fn push<'c>(&mut self, row: impl IntoIterator<Item = (&'c str, Value)>) {
        self.json
            .push_str(if self.json.len() > 1 { ",{" } else { "{" });
        for (index, (column, value)) in row.into_iter().enumerate() {
            if index > 0 {
                self.json.push(',');
            }
            // A column's name needs no escape.
            _ = write!(self.json, r#""{column}":"#);
            self.push_value(value);
        }
        self.json.push('}');
    }

    fn push_value(&mut self, value: Value) {
        let json = &mut self.json;
        // Writing to a string cannot fail.
        _ = match value {
            Value::Uuid(Some(uuid)) => write!(json, r#""{}""#, uuid.simple()),
            Value::Int(Some(number)) => write!(json, "{number}"),
            Value::BigInt(Some(number)) => write!(json, "{number}"),
            Value::Bool(Some(truth)) => write!(json, "{truth}"),
            Value::String(Some(text)) => write!(json, "{}", serde_json::Value::String(text)),
            Value::Json(Some(value)) => write!(json, "{value}"),
            Value::ChronoDateTimeUtc(Some(time)) => {
                // As the driver writes times to SQLite, which compares them as texts.
                write!(
                    json,
                    r#""{}""#,
                    time.to_rfc3339_opts(SecondsFormat::AutoSi, false)
                )
            }
            Value::Bytes(Some(bytes)) => {
                json.push('"');
                json.push_str(self.bytes_prefix);
                for byte in bytes {
                    _ = write!(json, "{byte:02x}");
                }
                json.push('"');
                Ok(())
            }
            other => {
                // Of the kinds that columns have; see `Kind`.
                debug_assert_eq!(
                    other,
                    other.as_null(),
                    "a value of a kind that rows do not have"
                );
                write!(json, "null")
            }
        };
    }

    fn finish(mut self) -> String {
        self.json.push(']');
        self.json
    }
}
