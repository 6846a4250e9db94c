//! The schema's history, and what the tables promise by themselves.

use std::collections::BTreeMap;

use jangteo::{config::Limits, db::Db};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

use crate::support::{Database, Shop};

#[tokio::test(flavor = "multi_thread")]
async fn every_migration_goes_up_down_and_up_again_on_sqlite() {
    check_each_migration(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_migration_goes_up_down_and_up_again_on_postgres() {
    check_each_migration(Database::Postgres).await;
}

async fn check_each_migration(database: Database) {
    let database = database.create_empty().await;
    let db = database.connect().await;
    for step in 0..Migrator::migrations().len() {
        let before = schema(&db).await;
        Migrator::up(db.writer(), Some(1))
            .await
            .expect("the migration goes up");
        let after = schema(&db).await;
        // What only servers side by side need, SQLite does without.
        let is_for_many = Migrator::migrations()[step].name().ends_with("_commits");
        assert_eq!(
            after == before,
            is_for_many && db.backend() == DbBackend::Sqlite,
            "migration {step} does something"
        );
        Migrator::down(db.writer(), Some(1))
            .await
            .expect("the migration goes down");
        assert_eq!(
            schema(&db).await,
            before,
            "migration {step} takes back what it did"
        );
        Migrator::up(db.writer(), Some(1))
            .await
            .expect("the migration goes up again");
        assert_eq!(
            schema(&db).await,
            after,
            "migration {step} does the same again"
        );
    }
    assert!(db.is_migrated().await.expect("the database answers"));
    Migrator::down(db.writer(), None)
        .await
        .expect("all migrations go down");
    assert!(!db.is_migrated().await.expect("the database answers"));
}

both! {
    async fn a_schema_that_a_newer_program_has_expanded_is_served(database: Database) {
        let database = database.create().await;
        let db = database.connect().await;
        for change in [
            "ALTER TABLE member ADD COLUMN shoe_size integer NOT NULL DEFAULT 0",
            "ALTER TABLE \"order\" ADD COLUMN wrapping text",
            "CREATE TABLE shoe (id integer PRIMARY KEY)",
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000099_shoe', 0)",
        ] {
            db.writer().execute_unprepared(change).await.expect("it expands");
        }
        let newer = db.migrations().await.expect("the database answers").newer;
        assert_eq!(newer, ["m20990101_000099_shoe"]);
        let shop = Shop::open_at(database, limits()).await;

        // As each start does.
        shop.app().db.migrate().await.expect("nothing is to be done");
        let ready = reqwest::get(shop.url("/readyz")).await.expect("an answer");
        assert_eq!(ready.status(), 200);
        let product = shop.product("셔츠", &[("M", 1_000, 5)]).await;
        let mina = shop.member_with_points(10_000).await;
        let placed = mina.order(&product, 0, 1, "order").await;
        assert_eq!(placed["order"]["status"], "PAID", "{placed:#}");
    }

    async fn a_schema_that_is_neither_older_nor_newer_is_left_alone(database: Database) {
        let database = database.create().await;
        let db = database.connect().await;
        Migrator::down(db.writer(), Some(1)).await.expect("the last goes down");
        let elsewhere = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000099_shoe', 0)";
        db.writer().execute_unprepared(elsewhere).await.expect("a row");
        let before = schema(&db).await;

        let refused = db.migrate().await.expect_err("nobody knows how");

        assert!(refused.to_string().contains("m20990101_000099_shoe"), "{refused}");
        assert_eq!(schema(&db).await, before);
        assert!(!db.is_migrated().await.expect("the database answers"));
    }
}

fn limits() -> Limits {
    Limits {
        instant_charge: true,
        ..Limits::default()
    }
}

#[derive(FromQueryResult)]
struct Part {
    name: String,
    definition: String,
}

/// Every table's columns, every index and every constraint, as the database describes them.
async fn schema(db: &Db) -> BTreeMap<String, String> {
    let sql = match db.backend() {
        DbBackend::Postgres => {
            "SELECT table_name || '.' || column_name AS name,
                    data_type || ' ' || is_nullable || ' ' || COALESCE(collation_name, '') AS definition
             FROM information_schema.columns WHERE table_schema = 'public'
             UNION ALL
             SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
             UNION ALL
             SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        }
        _ => {
            "SELECT type || ' ' || name AS name, COALESCE(sql, '') AS definition
             FROM sqlite_master"
        }
    };
    let parts = Part::find_by_statement(Statement::from_string(db.backend(), sql));
    let parts = parts.all(db.reader()).await.expect("the schema reads");
    // The list of migrations is the migrator's own, and stays.
    parts
        .into_iter()
        .filter(|part| !part.name.contains("seaql_migrations"))
        .map(|part| (part.name, part.definition))
        .collect()
}

both! {
    async fn the_tables_refuse_what_must_never_be(shop: Shop) {
        let product = shop.product("티셔츠", &[("M", 10_000, 5)]).await;
        let mina = shop.member_with_points(50_000).await;
        mina.add_to_cart(&product, 0, 1).await;
        let placed = mina.order(&product, 0, 1, "first").await;
        assert!(placed["order"].is_object(), "{placed:#}");
        let before = shop.contents().await;

        for (what, sql) in [
            ("stock below zero", "UPDATE stock SET quantity = -1"),
            ("a balance below zero", "UPDATE user_point SET balance = -1"),
            ("an empty cart line", "UPDATE cart_item SET quantity = 0"),
            ("an order line of nothing", "UPDATE order_item SET quantity = 0, line_total = 0"),
            ("a negative price", "UPDATE product_option SET price = -1"),
            ("a negative lowest price", "UPDATE product SET price = -1"),
            ("a line that does not add up", "UPDATE order_item SET line_total = line_total + 1"),
            ("an order that does not add up", r#"UPDATE "order" SET discount = 1"#),
            ("more refunded than paid", r#"UPDATE "order" SET refunded = points_used + 1"#),
            ("sales below zero", "UPDATE product_sales SET quantity = -1"),
            ("a status that is none", r#"UPDATE "order" SET status = 'LOST'"#),
            ("an event without a number", "UPDATE order_event SET sequence = 0"),
            ("a member who is nobody", r"UPDATE member SET role = 'OWNER'"),
            ("an option of no product", "DELETE FROM product"),
        ] {
            let refused = shop.app().db.writer().execute_unprepared(sql).await;
            assert!(refused.is_err(), "the database accepts {what}");
        }
        shop.contents().await.assert_same(&before);
    }
}
