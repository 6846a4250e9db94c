use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{OptionId, ProductId, StoreId},
    product, product_option, stock,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, Order,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, Value,
    sea_query::{Expr, LikeExpr, LockType, Query},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{OptionRows, ProductRows, search_form};
use crate::{
    db::Transaction,
    paging::{Sorting, Window},
    rows::{self, Kind, Rows, among},
};

/// Which products are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub search: Option<String>,
    pub store_id: Option<StoreId>,
    pub in_stock: Option<bool>,
    pub min_price: Option<Won>,
    pub max_price: Option<Won>,
}

/// In which order products are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Newest,
    PriceAscending,
    PriceDescending,
    Name,
}

/// Where a product stands in a sorted list: what a cursor holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "at", rename_all = "camelCase")]
pub enum Place {
    Newest(Uuid),
    Price(Won, Uuid),
    Name(String, Uuid),
}

impl Sort {
    pub(super) fn sorting(self) -> Sorting<product::Entity, Place> {
        use product::Column::{Id, Name, Price};
        let (columns, order) = match self {
            Self::Newest => (vec![Id], Order::Desc),
            Self::PriceAscending => (vec![Price, Id], Order::Asc),
            Self::PriceDescending => (vec![Price, Id], Order::Desc),
            Self::Name => (vec![Name, Id], Order::Asc),
        };
        Sorting {
            columns,
            order,
            values: Place::values,
        }
    }

    /// Where the product stands in this order.
    #[must_use]
    pub fn place(self, product: &product::Model) -> Place {
        let id = product.id.0;
        match self {
            Self::Newest => Place::Newest(id),
            Self::PriceAscending | Self::PriceDescending => Place::Price(product.price, id),
            Self::Name => Place::Name(product.name.clone(), id),
        }
    }
}

pub async fn insert(tx: &Transaction, products: Vec<ProductRows>) -> Result<(), DbErr> {
    for rows in products {
        rows::insert(tx, &[rows.product]).await?;
        let options = OptionRows {
            options: rows.options,
            stocks: rows.stocks,
            adjustments: rows.adjustments,
        };
        insert_options(tx, &options).await?;
    }
    Ok(())
}

pub async fn insert_options(tx: &Transaction, rows: &OptionRows) -> Result<(), DbErr> {
    rows::insert(tx, &rows.options).await?;
    rows::insert(tx, &rows.stocks).await?;
    rows::insert(tx, &rows.adjustments).await
}

/// The product, locked: but for its key, so that rows may be written that refer to it, as orders do.
pub async fn lock(tx: &Transaction, id: ProductId) -> Result<Option<product::Model>, DbErr> {
    product::Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await
}

/// All options of a product, also those that were taken off sale.
pub async fn all_options_of(
    tx: &Transaction,
    id: ProductId,
) -> Result<Vec<product_option::Model>, DbErr> {
    product_option::Entity::find()
        .filter(product_option::COLUMN.product_id.eq(id))
        .order_by_asc(product_option::COLUMN.id)
        .all(tx)
        .await
}

/// Writes what is said of a product, whose row is locked.
pub async fn save(tx: &Transaction, product: &product::Model) -> Result<(), DbErr> {
    product::Entity::update_many()
        .set(product::ActiveModel {
            name: Set(product.name.clone()),
            search_name: Set(product.search_name.clone()),
            description: Set(product.description.clone()),
            price: Set(product.price),
            ..Default::default()
        })
        .filter(product::COLUMN.id.eq(product.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes options of a product, whose row is locked, in one statement.
pub async fn save_options(
    tx: &Transaction,
    options: &[product_option::Model],
) -> Result<(), DbErr> {
    if options.is_empty() {
        return Ok(());
    }
    let saved = Rows::new(
        tx.get_database_backend(),
        "saved",
        [
            ("id", Kind::Uuid),
            ("position", Kind::Integer),
            ("name", Kind::Text),
            ("price", Kind::BigInteger),
            ("deleted_at", Kind::Time),
        ],
        options.iter().map(|option| {
            [
                option.id.into(),
                option.position.into(),
                option.name.clone().into(),
                option.price.into(),
                option.deleted_at.into(),
            ]
        }),
    );
    let sql = format!(
        r#"UPDATE product_option SET "position" = saved."position", name = saved.name, price = saved.price,
               deleted_at = saved.deleted_at
           FROM {saved} WHERE product_option.id = saved.id"#
    );
    tx.execute_raw(saved.statement(&sql)).await?;
    Ok(())
}

/// Those of the products that are not there yet.
pub async fn missing(
    db: &impl ConnectionTrait,
    products: Vec<ProductRows>,
) -> Result<Vec<ProductRows>, DbErr> {
    let ids = products
        .iter()
        .map(|rows| rows.product.id)
        .collect::<Vec<_>>();
    let there = by_ids(db, &ids)
        .await?
        .iter()
        .map(|product| product.id)
        .collect::<HashSet<_>>();
    Ok(products
        .into_iter()
        .filter(|rows| !there.contains(&rows.product.id))
        .collect())
}

/// Takes a product off sale; orders keep showing it. `false` if it is not on sale.
pub async fn delete(
    db: &impl ConnectionTrait,
    id: ProductId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = product::Entity::update_many()
        .set(product::ActiveModel {
            deleted_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(product::COLUMN.id.eq(id))
        .filter(product::COLUMN.deleted_at.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// The products of those ids, deleted ones too.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[ProductId],
) -> Result<Vec<product::Model>, DbErr> {
    product::Entity::find()
        .filter(among(db, product::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

pub async fn options_by_ids(
    db: &impl ConnectionTrait,
    ids: &[OptionId],
) -> Result<Vec<product_option::Model>, DbErr> {
    product_option::Entity::find()
        .filter(among(db, product_option::Column::Id, ids.iter().copied()))
        .all(db)
        .await
}

/// The options of those products that are on sale, each product's in their order.
pub async fn options_of(
    db: &impl ConnectionTrait,
    ids: &[ProductId],
) -> Result<Vec<product_option::Model>, DbErr> {
    on_sale_of(db, ids).all(db).await
}

/// An option, and how many pieces of it are left.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Stocked {
    #[sea_orm(nested)]
    pub option: product_option::Model,
    pub quantity: Option<i32>,
}

/// The same options, each with its stock: in one statement, since whoever shows the one most often shows the other.
pub async fn stocked_options_of(
    db: &impl ConnectionTrait,
    ids: &[ProductId],
) -> Result<Vec<Stocked>, DbErr> {
    on_sale_of(db, ids)
        .left_join(stock::Entity)
        .column(stock::Column::Quantity)
        .into_model()
        .all(db)
        .await
}

fn on_sale_of(db: &impl ConnectionTrait, ids: &[ProductId]) -> Select<product_option::Entity> {
    product_option::Entity::find()
        .filter(among(
            db,
            product_option::Column::ProductId,
            ids.iter().copied(),
        ))
        .filter(product_option::COLUMN.deleted_at.is_null())
        .order_by_asc(product_option::COLUMN.position)
}

/// How many products on sale pass the filter.
pub async fn count(db: &impl ConnectionTrait, filter: &Filter) -> Result<u64, DbErr> {
    on_sale(filter).count(db).await
}

/// How many products those stores have on sale; a store that has none is missing.
pub async fn counts_of_stores(
    db: &impl ConnectionTrait,
    ids: &[StoreId],
) -> Result<Vec<(StoreId, i64)>, DbErr> {
    on_sale(&Filter::default())
        .filter(among(db, product::Column::StoreId, ids.iter().copied()))
        .select_only()
        .column(product::Column::StoreId)
        .column_as(product::Column::Id.count(), "count")
        .group_by(product::Column::StoreId)
        .into_tuple()
        .all(db)
        .await
}

/// A window of the products on sale that pass the filter. The window's places must be of the same sort.
pub async fn window(
    db: &impl ConnectionTrait,
    filter: &Filter,
    sort: Sort,
    window: &Window<Place>,
) -> Result<Vec<product::Model>, DbErr> {
    sort.sorting().read(db, window, [on_sale(filter)]).await
}

/// The same window of each of the stores' products on sale, the newest first.
pub async fn windows_of_stores(
    db: &impl ConnectionTrait,
    ids: &[StoreId],
    window: &Window<Place>,
) -> Result<Vec<product::Model>, DbErr> {
    let of_store =
        |id: &StoreId| on_sale(&Filter::default()).filter(product::COLUMN.store_id.eq(*id));
    let lists = ids.iter().map(of_store);
    Sort::Newest.sorting().read(db, window, lists).await
}

impl Place {
    /// Whether a cursor at this place belongs to a list sorted so.
    #[must_use]
    pub fn belongs_to(&self, sort: Sort) -> bool {
        matches!(
            (self, sort),
            (Self::Newest(_), Sort::Newest)
                | (
                    Self::Price(..),
                    Sort::PriceAscending | Sort::PriceDescending
                )
        ) || matches!((self, sort), (Self::Name(name, _), Sort::Name) if !name.contains('\0'))
    }

    fn values(&self) -> Vec<Value> {
        match self {
            Self::Newest(id) => vec![(*id).into()],
            Self::Price(price, id) => vec![(*price).into(), (*id).into()],
            Self::Name(name, id) => vec![name.clone().into(), (*id).into()],
        }
    }
}

/// The products on sale that pass the filter.
pub(super) fn on_sale(filter: &Filter) -> Select<product::Entity> {
    let words = filter.search.as_deref().unwrap_or_default();
    let mut wanted = Condition::all().add(product::COLUMN.deleted_at.is_null());
    for word in search_form(words).split_whitespace() {
        let pattern = LikeExpr::new(format!("%{}%", escaped(word))).escape('\\');
        wanted = wanted.add(Expr::col(product::Column::SearchName).like(pattern));
    }
    wanted = wanted
        .add_option(filter.store_id.map(|id| product::COLUMN.store_id.eq(id)))
        .add_option(
            filter
                .min_price
                .map(|price| product::COLUMN.price.gte(price)),
        )
        .add_option(
            filter
                .max_price
                .map(|price| product::COLUMN.price.lte(price)),
        )
        .add_option(filter.in_stock.map(|in_stock| {
            if in_stock {
                any_stock()
            } else {
                any_stock().not()
            }
        }));
    product::Entity::find().filter(wanted)
}

fn any_stock() -> Expr {
    Expr::exists(
        Query::select()
            .expr(Expr::val(1))
            .from(product_option::Entity)
            .inner_join(
                stock::Entity,
                Expr::col((stock::Entity, stock::Column::OptionId))
                    .equals((product_option::Entity, product_option::Column::Id)),
            )
            .and_where(
                Expr::col((product_option::Entity, product_option::Column::ProductId))
                    .equals((product::Entity, product::Column::Id)),
            )
            .and_where(
                Expr::col((product_option::Entity, product_option::Column::DeletedAt)).is_null(),
            )
            .and_where(Expr::col((stock::Entity, stock::Column::Quantity)).gt(0))
            .take(),
    )
}

fn escaped(word: &str) -> String {
    word.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}
