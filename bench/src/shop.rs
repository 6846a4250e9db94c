//! The shop that is measured: a thousand products of three options, ten thousand members with points.
//!
//! Ids are made of numbers, so that clients, pgbench's scripts and generators of history can name rows without
//! having read them.

use chrono::{DateTime, Utc};
use entity::{
    Won, cart, cart_item,
    id::{
        CartId, CartItemId, MemberId, OptionId, PointEntryId, ProductId, StockAdjustmentId,
        StoreId, TypedId, UserPointId,
    },
    member::{self, Role},
    point_entry::{self, PointAction},
    product, product_option, stock, stock_adjustment, store, user_point,
};
use jangteo::clock::Clock;
use sea_orm::{DatabaseConnection, EntityTrait, IntoActiveModel, ModelTrait};
use uuid::Uuid;

use crate::Result;

/// Members with points. Merchants are numbered after them.
pub const MEMBERS: u32 = 10_000;

const STORES: u32 = 10;

/// Products unless the command line says otherwise. What is ordered is of these, also where there are more.
pub const PRODUCTS: u32 = 1_000;

const OPTIONS_A_PRODUCT: u32 = 3;

pub const OPTIONS: u32 = PRODUCTS * OPTIONS_A_PRODUCT;

/// Lines of each member's cart: what they might want one day, which is not what they order.
const LINES_A_CART: u32 = 3;

/// The option that there is a rush for.
pub const RUSH_OPTION: u32 = 0;

/// How many pieces of it there are.
pub const RUSH_UNITS: i32 = 1_000;

/// The option that everybody wants, and of which there is enough, as of all others.
pub const HOT_OPTION: u32 = 1;

const ENOUGH: i32 = 1_000_000_000;

/// Points of each member: more than they can spend.
const POINTS: Won = Won(1_000_000_000_000);

/// Rows in one insert: the widest of these tables times this stays below SQLite's limit of parameters.
const ROWS: usize = 1_000;

/// The tables that are filled.
pub const TABLES: [&str; 10] = [
    "member",
    "store",
    "product",
    "product_option",
    "stock",
    "stock_adjustment",
    "user_point",
    "point_entry",
    "cart",
    "cart_item",
];

/// Tables whose ids are made of numbers; SQL that names them has the same numbers.
#[derive(Clone, Copy)]
enum Table {
    Member = 1,
    Store = 2,
    Product = 3,
    Option = 4,
    Adjustment = 5,
    Purse = 6,
    Entry = 7,
    // 8 to 12 are those of a history's rows.
    Cart = 13,
    Line = 14,
}

/// A UUIDv7 of November 2025 that says which row it is.
fn id<I: TypedId>(table: Table, number: u32) -> I {
    let table = u128::from(table as u16);
    let front = 0x019a_b000_0000_7000_8000 | (table << 16);
    I::from_uuid(Uuid::from_u128((front << 48) | u128::from(number)))
}

/// The member with that number, from 0.
pub fn member(number: u32) -> MemberId {
    id(Table::Member, number)
}

/// The option with that number, from 0.
pub fn option(number: u32) -> OptionId {
    id(Table::Option, number)
}

/// The product with that number, from 0.
pub fn product(number: u32) -> ProductId {
    id(Table::Product, number)
}

/// The product of that option.
pub fn product_of(option: u32) -> ProductId {
    product(option / OPTIONS_A_PRODUCT)
}

/// Fills the empty, migrated database with that many products, and what is beside them.
pub async fn load(db: &DatabaseConnection, products: u32) -> Result<()> {
    let options = products * OPTIONS_A_PRODUCT;
    let now = Clock::system().now();
    insert(db, (0..MEMBERS + STORES).map(|n| person(n, now))).await?;
    insert(db, (0..STORES).map(|n| a_store(n, now))).await?;
    insert(db, (0..products).map(|n| a_product(n, now))).await?;
    insert(db, (0..options).map(an_option)).await?;
    insert(db, (0..options).map(some_stock)).await?;
    insert(db, (0..options).map(|n| delivery(n, now))).await?;
    insert(db, (0..MEMBERS).map(purse)).await?;
    insert(db, (0..MEMBERS).map(|n| charge(n, now))).await?;
    insert(db, (0..MEMBERS).map(|n| a_cart(n, now))).await?;
    insert(db, (0..MEMBERS * LINES_A_CART).map(a_line)).await
}

async fn insert<M>(db: &DatabaseConnection, rows: impl Iterator<Item = M>) -> Result<()>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    let mut rows = rows.map(M::into_active_model).peekable();
    while rows.peek().is_some() {
        let chunk = rows.by_ref().take(ROWS).collect::<Vec<_>>();
        M::Entity::insert_many(chunk)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

fn person(number: u32, now: DateTime<Utc>) -> member::Model {
    member::Model {
        id: member(number),
        user_id: format!("person-{number:05}"),
        nickname: format!("손님 {number}"),
        role: if number < MEMBERS {
            Role::Member
        } else {
            Role::Merchant
        },
        // Matches no password: they come with tokens.
        password_hash: "-".into(),
        created_at: now,
    }
}

fn a_store(number: u32, now: DateTime<Utc>) -> store::Model {
    store::Model {
        id: id(Table::Store, number),
        merchant_id: member(MEMBERS + number),
        name: format!("{number}번 가게"),
        is_open: true,
        accept_minutes: 10,
        created_at: now,
    }
}

fn a_product(number: u32, now: DateTime<Utc>) -> product::Model {
    let name = format!("하늘 무선 키보드 {number:04}");
    product::Model {
        id: id(Table::Product, number),
        store_id: id::<StoreId>(Table::Store, number % STORES),
        search_name: name.clone(),
        name,
        description: "가볍고 조용합니다.".into(),
        image_url: None,
        price: price(number * OPTIONS_A_PRODUCT),
        created_at: now,
        deleted_at: None,
    }
}

fn an_option(number: u32) -> product_option::Model {
    const NAMES: [&str; OPTIONS_A_PRODUCT as usize] = ["크림", "회색", "검정"];
    let position = number % OPTIONS_A_PRODUCT;
    product_option::Model {
        id: option(number),
        product_id: id::<ProductId>(Table::Product, number / OPTIONS_A_PRODUCT),
        position: position.cast_signed(),
        name: NAMES[position as usize].into(),
        price: price(number),
        deleted_at: None,
    }
}

/// A product's first option is its cheapest.
fn price(option: u32) -> Won {
    Won(10_000 + 1_000 * i64::from(option % 30))
}

fn pieces(option: u32) -> i32 {
    if option == RUSH_OPTION {
        RUSH_UNITS
    } else {
        ENOUGH
    }
}

fn some_stock(number: u32) -> stock::Model {
    stock::Model {
        option_id: option(number),
        quantity: pieces(number),
    }
}

fn delivery(number: u32, now: DateTime<Utc>) -> stock_adjustment::Model {
    stock_adjustment::Model {
        id: id::<StockAdjustmentId>(Table::Adjustment, number),
        option_id: option(number),
        delta: pieces(number),
        quantity_after: pieces(number),
        reason: "first delivery".into(),
        member_id: member(MEMBERS + number / OPTIONS_A_PRODUCT % STORES),
        created_at: now,
    }
}

fn purse(number: u32) -> user_point::Model {
    user_point::Model {
        id: id(Table::Purse, number),
        member_id: member(number),
        balance: POINTS,
        last_sequence: 1,
    }
}

fn charge(number: u32, now: DateTime<Utc>) -> point_entry::Model {
    point_entry::Model {
        id: id::<PointEntryId>(Table::Entry, number),
        user_point_id: id::<UserPointId>(Table::Purse, number),
        sequence: 1,
        action: PointAction::Charge,
        amount: POINTS,
        balance_after: POINTS,
        order_id: None,
        payment_id: None,
        gift_id: None,
        idempotency_key: None,
        created_at: now,
    }
}

fn a_cart(number: u32, now: DateTime<Utc>) -> cart::Model {
    cart::Model {
        id: id(Table::Cart, number),
        member_id: member(number),
        updated_at: now,
    }
}

fn a_line(number: u32) -> cart_item::Model {
    cart_item::Model {
        id: id::<CartItemId>(Table::Line, number),
        cart_id: id::<CartId>(Table::Cart, number / LINES_A_CART),
        option_id: option(number * 7 % OPTIONS),
        quantity: 1 + (number % 2).cast_signed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_their_number_and_table() {
        assert_eq!(
            option(1).uuid().to_string(),
            "019ab000-0000-7004-8000-000000000001"
        );
        assert_eq!(
            member(0x1234).uuid().to_string(),
            "019ab000-0000-7001-8000-000000001234"
        );
        assert_eq!(option(1).uuid().get_version_num(), 7);
    }
}
