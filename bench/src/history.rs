//! Years of orders, in a few minutes: rows that add up, made by the database itself.

use sea_orm::ConnectionTrait;

use crate::{
    Result,
    database::{Kind, Named},
};

/// Fills a loaded shop with that many orders of the last half year, with everything that hangs on them.
pub async fn fill(database: &Named, orders: u32) -> Result<()> {
    let script = match database.kind {
        Kind::Sqlite => include_str!("../sql/history/sqlite.sql"),
        Kind::Postgres => include_str!("../sql/history/postgres.sql"),
    };
    let connection = database.connect().await?;
    for statement in script.split(";\n") {
        let statement = statement.replace(":orders", &orders.to_string());
        connection.execute_unprepared(&statement).await?;
    }
    database.settle(&connection, &[]).await?;
    Ok(connection.close().await?)
}
