//! Products and options with what is shown beside them, in one statement each. Whoever asks for products, then for their
//! options, then for the stock of those, waits for the database three times, and keeps it busier.

use entity::{
    id::{OptionId, ProductId},
    product, product_option, stock, store,
};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, Iterable, QueryFilter, QueryResult, QueryTrait,
    TryGetable,
    sea_query::{Alias, Expr, ExprTrait, JoinType, Order, Query, SelectStatement},
};

use super::store::{Filter, Place, Sort, Stocked, on_sale};
use crate::{paging::Window, rows::among};

/// What is wanted beside products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub store: bool,
    /// The options on sale, with their stock.
    pub options: bool,
}

impl Parts {
    pub const ALL: Self = Self {
        store: true,
        options: true,
    };

    #[must_use]
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// A product, and of what is beside it the parts that were wanted.
#[derive(Clone, Debug)]
pub struct Whole {
    pub product: product::Model,
    pub store: Option<store::Model>,
    /// In their order.
    pub options: Option<Vec<Stocked>>,
}

/// An option with its stock, its product and their store.
#[derive(Clone, Debug)]
pub struct WholeOption {
    pub stocked: Stocked,
    pub product: product::Model,
    pub store: store::Model,
}

/// A window of the products on sale that pass the filter, as [`super::store::window`] gives it, with those parts.
pub async fn window(
    db: &impl ConnectionTrait,
    filter: &Filter,
    sort: Sort,
    window: &Window<Place>,
    parts: Parts,
) -> Result<Vec<Whole>, DbErr> {
    let sorting = sort.sorting();
    let products = sorting.narrowed(on_sale(filter), window);
    read(db, products, &sorting.order(window), parts).await
}

/// The products of those ids, deleted ones too, with all parts.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[ProductId]) -> Result<Vec<Whole>, DbErr> {
    let products = product::Entity::find()
        .filter(among(db, product::Column::Id, ids.iter().copied()))
        .into_query();
    let order = [(product::Column::Id, Order::Asc)];
    read(db, products, &order, Parts::ALL).await
}

/// The options of those ids, those off sale too.
pub async fn options_by_ids(
    db: &impl ConnectionTrait,
    ids: &[OptionId],
) -> Result<Vec<WholeOption>, DbErr> {
    let mut statement = Query::select()
        .columns(product_option::Column::iter().map(|column| (product_option::Entity, column)))
        .column((stock::Entity, stock::Column::Quantity))
        .columns(product::Column::iter().map(|column| (product::Entity, column)))
        .columns(store::Column::iter().map(|column| (store::Entity, column)))
        .from(product_option::Entity)
        .join(
            JoinType::InnerJoin,
            product::Entity,
            Expr::col((product::Entity, product::Column::Id))
                .equals((product_option::Entity, product_option::Column::ProductId)),
        )
        .and_where(among(db, product_option::Column::Id, ids.iter().copied()))
        .take();
    join_store(&mut statement);
    join_stock(&mut statement);
    let rows = db
        .query_all_raw(db.get_database_backend().build(&statement))
        .await?;
    let read = |row| {
        let mut columns = Columns { row, next: 0 };
        Ok(WholeOption {
            stocked: columns.stocked(columns.row.try_get_by_index(0)?)?,
            product: columns.product()?,
            store: columns.store()?,
        })
    };
    rows.iter().map(read).collect()
}

/// The products with those parts, in that order, whose last column tells them apart.
async fn read(
    db: &impl ConnectionTrait,
    products: SelectStatement,
    order: &[(product::Column, Order)],
    parts: Parts,
) -> Result<Vec<Whole>, DbErr> {
    let backend = db.get_database_backend();
    let statement = with(backend, products, order, parts);
    let rows = db.query_all_raw(backend.build(&statement)).await?;
    let mut products = Vec::<Whole>::new();
    let of_product = product::Column::iter().count();
    let of_store = store::Column::iter().count();
    for row in &rows {
        let mut columns = Columns { row, next: 0 };
        let id = row.try_get_by_index(0)?;
        if products.last().is_none_or(|last| last.product.id != id) {
            products.push(Whole {
                product: columns.product()?,
                store: parts.store.then(|| columns.store()).transpose()?,
                options: parts.options.then(Vec::new),
            });
        }
        columns.next = of_product + if parts.store { of_store } else { 0 };
        let options = products.last_mut().and_then(|last| last.options.as_mut());
        // A product that is off sale has no options on sale.
        if let Some(options) = options
            && let Some(id) = row.try_get_by_index(columns.next)?
        {
            options.push(columns.stocked(id)?);
        }
    }
    // The database gives products in the order in which it finds them: to sort options as well, it would sort all rows.
    for options in products.iter_mut().filter_map(|it| it.options.as_mut()) {
        options.sort_unstable_by_key(|stocked| stocked.option.position);
    }
    Ok(products)
}

fn with(
    backend: DbBackend,
    products: SelectStatement,
    order: &[(product::Column, Order)],
    parts: Parts,
) -> SelectStatement {
    let mut statement = Query::select()
        .columns(product::Column::iter().map(|column| (product::Entity, column)))
        .from_subquery(products, Alias::new("product"))
        .take();
    for (column, order) in order {
        statement.order_by((product::Entity, *column), order.clone());
    }
    if parts.store {
        statement.columns(store::Column::iter().map(|column| (store::Entity, column)));
        join_store(&mut statement);
    }
    if parts.options {
        statement.columns(product_option::Column::iter().map(|it| (product_option::Entity, it)));
        if backend == DbBackend::Postgres {
            statement.column((product_option::Entity, stock::Column::Quantity));
            let options = options_of_each();
            let alias = Alias::new("product_option");
            statement.join_lateral(JoinType::LeftJoin, options, alias, Expr::cust("TRUE"));
        } else {
            statement
                .column((stock::Entity, stock::Column::Quantity))
                .left_join(product_option::Entity, is_on_sale());
            join_stock(&mut statement);
        }
    }
    statement
}

/// The options of the product beside which it is read. The offset is for PostgreSQL's planner, which does not know how
/// many products a page has: without it, it would rather read all options and all stock than look up those of each.
fn options_of_each() -> SelectStatement {
    let mut options = Query::select()
        .columns(product_option::Column::iter().map(|it| (product_option::Entity, it)))
        .column((stock::Entity, stock::Column::Quantity))
        .from(product_option::Entity)
        .and_where(is_on_sale())
        .offset(0)
        .take();
    join_stock(&mut options);
    options
}

/// Whether an option is one of the product's, and on sale.
fn is_on_sale() -> Expr {
    let of_product = Expr::col((product_option::Entity, product_option::Column::ProductId))
        .equals((product::Entity, product::Column::Id));
    let deleted_at = Expr::col((product_option::Entity, product_option::Column::DeletedAt));
    of_product.and(deleted_at.is_null())
}

fn join_store(statement: &mut SelectStatement) {
    let of_product = Expr::col((store::Entity, store::Column::Id))
        .equals((product::Entity, product::Column::StoreId));
    statement.inner_join(store::Entity, of_product);
}

fn join_stock(statement: &mut SelectStatement) {
    let of_option = Expr::col((stock::Entity, stock::Column::OptionId))
        .equals((product_option::Entity, product_option::Column::Id));
    statement.left_join(stock::Entity, of_option);
}

/// Reads a row's columns one after the other: to find each by its name takes longer than to read it. Rows are selected
/// with the columns of their tables in the order of [`Iterable::iter`], which is that of the models' fields.
struct Columns<'r> {
    row: &'r QueryResult,
    next: usize,
}

impl Columns<'_> {
    fn read<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        let value = self.row.try_get_by_index(self.next)?;
        self.next += 1;
        Ok(value)
    }

    fn product(&mut self) -> Result<product::Model, DbErr> {
        Ok(product::Model {
            id: self.read()?,
            store_id: self.read()?,
            name: self.read()?,
            search_name: self.read()?,
            description: self.read()?,
            image_url: self.read()?,
            price: self.read()?,
            created_at: self.read()?,
            deleted_at: self.read()?,
        })
    }

    fn store(&mut self) -> Result<store::Model, DbErr> {
        Ok(store::Model {
            id: self.read()?,
            merchant_id: self.read()?,
            name: self.read()?,
            is_open: self.read()?,
            accept_minutes: self.read()?,
            created_at: self.read()?,
        })
    }

    /// An option, whose id was looked at, and its stock.
    fn stocked(&mut self, id: OptionId) -> Result<Stocked, DbErr> {
        self.next += 1;
        let option = product_option::Model {
            id,
            product_id: self.read()?,
            position: self.read()?,
            name: self.read()?,
            price: self.read()?,
            deleted_at: self.read()?,
        };
        Ok(Stocked {
            option,
            quantity: self.read()?,
        })
    }
}
