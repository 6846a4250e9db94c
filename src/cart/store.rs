use chrono::{DateTime, Utc};
use entity::{
    cart, cart_item,
    id::{CartId, CartItemId, MemberId, OptionId},
    product, product_option,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement,
    sea_query::{Expr, OnConflict},
};

use crate::{
    clock::new_id,
    db::Transaction,
    rows::{Kind, Rows, among},
};

pub async fn by_member(
    db: &impl ConnectionTrait,
    member_id: MemberId,
) -> Result<Option<cart::Model>, DbErr> {
    cart::Entity::find()
        .filter(cart::COLUMN.member_id.eq(member_id))
        .one(db)
        .await
}

pub async fn by_ids(db: &impl ConnectionTrait, ids: &[CartId]) -> Result<Vec<cart::Model>, DbErr> {
    cart::Entity::find()
        .filter(among(db, cart::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn lines_by_ids(
    db: &impl ConnectionTrait,
    ids: &[CartItemId],
) -> Result<Vec<cart_item::Model>, DbErr> {
    cart_item::Entity::find()
        .filter(among(db, cart_item::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn insert_empty(
    db: &impl ConnectionTrait,
    member_id: MemberId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let cart = cart::Model {
        id: new_id(now, &mut rand::rng()),
        member_id,
        updated_at: now,
    };
    cart::Entity::insert(cart::ActiveModel::from(cart))
        .on_conflict(
            OnConflict::column(cart::Column::MemberId)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Whether the option and its product are on sale; `None` if there is no such option.
pub async fn is_on_sale(db: &impl ConnectionTrait, id: OptionId) -> Result<Option<bool>, DbErr> {
    let found = product_option::Entity::find_by_id(id)
        .find_also_related(product::Entity)
        .one(db)
        .await?;
    Ok(found.map(|(option, product)| {
        option.deleted_at.is_none() && product.is_some_and(|product| product.deleted_at.is_none())
    }))
}

pub async fn lock(tx: &Transaction, id: CartId) -> Result<(), DbErr> {
    cart::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(())
}

/// The cart's lines in the order in which they were added.
pub async fn lines(tx: &Transaction, id: CartId) -> Result<Vec<cart_item::Model>, DbErr> {
    lines_of(tx, &[id]).await
}

/// The lines of several carts, each cart's in the order in which they were added.
pub async fn lines_of(
    db: &impl ConnectionTrait,
    ids: &[CartId],
) -> Result<Vec<cart_item::Model>, DbErr> {
    cart_item::Entity::find()
        .filter(among(db, cart_item::Column::CartId, ids.iter().copied()))
        .order_by_asc(cart_item::COLUMN.id)
        .all(db)
        .await
}

/// The members' cart lines, locked in the order of their ids, each with whose it is.
pub async fn lock_lines_of_members(
    tx: &Transaction,
    members: &[MemberId],
) -> Result<Vec<(MemberId, cart_item::Model)>, DbErr> {
    let carts = cart::Entity::find()
        .filter(among(tx, cart::Column::MemberId, members.iter().copied()))
        .all(tx)
        .await?;
    let ids = carts.iter().map(|cart| cart.id);
    let lines = cart_item::Entity::find()
        .filter(among(tx, cart_item::Column::CartId, ids))
        .order_by_asc(cart_item::COLUMN.id)
        .lock_exclusive()
        .all(tx)
        .await?;
    let owner = |line: &cart_item::Model| {
        carts
            .iter()
            .find(|cart| cart.id == line.cart_id)
            .map(|cart| cart.member_id)
    };
    Ok(lines
        .into_iter()
        .filter_map(|line| Some((owner(&line)?, line)))
        .collect())
}

/// Adds to a line, or makes it: right also when the line is ordered away meanwhile.
pub async fn add(
    tx: &Transaction,
    cart_id: CartId,
    option_id: OptionId,
    quantity: i32,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use cart_item::{Column, Entity};
    let line = cart_item::Model {
        id: new_id(now, &mut rand::rng()),
        cart_id,
        option_id,
        quantity,
    };
    let sum = Expr::col((Entity, Column::Quantity)).add(Expr::col(("excluded", Column::Quantity)));
    Entity::insert(cart_item::ActiveModel::from(line))
        .on_conflict(
            OnConflict::columns([Column::CartId, Column::OptionId])
                .value(Column::Quantity, sum)
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// `false` if there is no such line in the cart.
pub async fn set_quantity(
    tx: &Transaction,
    cart_id: CartId,
    line: CartItemId,
    quantity: i32,
) -> Result<bool, DbErr> {
    let updated = cart_item::Entity::update_many()
        .set(cart_item::ActiveModel {
            quantity: Set(quantity),
            ..Default::default()
        })
        .filter(cart_item::COLUMN.id.eq(line))
        .filter(cart_item::COLUMN.cart_id.eq(cart_id))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Removes lines of the cart; how many there were.
pub async fn remove(tx: &Transaction, cart_id: CartId, lines: &[CartItemId]) -> Result<u64, DbErr> {
    let deleted = cart_item::Entity::delete_many()
        .filter(among(tx, cart_item::Column::Id, lines.iter().copied()))
        .filter(cart_item::COLUMN.cart_id.eq(cart_id))
        .exec(tx)
        .await?;
    Ok(deleted.rows_affected)
}

/// The statement that removes lines of any carts.
pub fn removal(backend: DbBackend, lines: &[CartItemId]) -> Statement {
    let removed = Rows::new(
        backend,
        "removed",
        [("id", Kind::Uuid)],
        lines.iter().map(|id| [(*id).into()]),
    );
    let sql = format!("DELETE FROM cart_item WHERE id IN (SELECT id FROM {removed})");
    removed.statement(&sql)
}

pub async fn clear(tx: &Transaction, cart_id: CartId) -> Result<(), DbErr> {
    cart_item::Entity::delete_many()
        .filter(cart_item::COLUMN.cart_id.eq(cart_id))
        .exec(tx)
        .await?;
    Ok(())
}

pub async fn touch(tx: &Transaction, id: CartId, now: DateTime<Utc>) -> Result<(), DbErr> {
    cart::Entity::update_many()
        .set(cart::ActiveModel {
            updated_at: Set(now),
            ..Default::default()
        })
        .filter(cart::COLUMN.id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
