//! Each question's one statement, and what its rows make.

use chrono::{DateTime, Utc};
use entity::id::{MemberId, ProductId, TypedId};
use jangteo::{clock::Clock, popularity::rules::last_days};
use uuid::Uuid;

use super::{
    answer::{
        Answer, Cart, Choice, Chosen, Detail, Id, Item, Line, Moment, Named, Nodes, OneCart,
        OneProduct, Order, Orders, Popular, Product, Products, Ranked, Sold, Store,
    },
    rows::Database,
};
use crate::Result;

const NOTHING: [Uuid; 0] = [];

fn id<I: TypedId>(uuid: Uuid) -> Id<I> {
    Id(I::from_uuid(uuid))
}

type ProductRow = (Uuid, String, i64, Uuid, String, i64, i32);

pub async fn products(database: &Database) -> Result<Answer<Products>> {
    let rows = database.rows::<ProductRow, _>(
        "SELECT product.id, product.name, product.price, product_option.id, product_option.name, product_option.price, \
             stock.quantity \
         FROM (SELECT id, name, price FROM product WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 20) AS product \
         JOIN product_option ON product_option.product_id = product.id AND product_option.deleted_at IS NULL \
         JOIN stock ON stock.option_id = product_option.id \
         ORDER BY product.id DESC, product_option.position",
        &NOTHING,
    ).await?;
    let mut nodes = Vec::<Product>::with_capacity(20);
    for (product_id, name, price, option_id, option_name, option_price, stock_quantity) in rows {
        let choice = Choice {
            id: id(option_id),
            name: option_name,
            price: option_price,
            stock_quantity,
        };
        match nodes.last_mut() {
            Some(product) if product.id.0.uuid() == product_id => product.options.push(choice),
            _ => nodes.push(Product {
                id: id(product_id),
                name,
                price,
                options: vec![choice],
            }),
        }
    }
    let products = Nodes { nodes };
    Ok(Answer {
        data: Products { products },
    })
}

type DetailRow = (
    String,
    String,
    Option<String>,
    i64,
    DateTime<Utc>,
    Uuid,
    String,
    bool,
    Uuid,
    String,
    i64,
    i32,
);

pub async fn product(database: &Database, product_id: ProductId) -> Result<Answer<OneProduct>> {
    let rows = database.rows::<DetailRow, _>(
        "SELECT product.name, product.description, product.image_url, product.price, product.created_at, \
             store.id, store.name, store.is_open, \
             product_option.id, product_option.name, product_option.price, stock.quantity \
         FROM product JOIN store ON store.id = product.store_id \
         JOIN product_option ON product_option.product_id = product.id AND product_option.deleted_at IS NULL \
         JOIN stock ON stock.option_id = product_option.id \
         WHERE product.id = $1 ORDER BY product_option.position",
        &[product_id.0],
    ).await?;
    let mut product = None;
    for row in rows {
        let (name, description, image_url, price, created_at, store_id, store_name, is_open, ..) =
            row;
        let (.., option_id, option_name, option_price, stock_quantity) = row;
        let detail = product.get_or_insert_with(|| Detail {
            id: Id(product_id),
            name,
            description,
            image_url,
            price,
            created_at: Moment(created_at),
            store: Store {
                id: id(store_id),
                name: store_name,
                is_open,
            },
            options: Vec::with_capacity(3),
        });
        detail.options.push(Choice {
            id: id(option_id),
            name: option_name,
            price: option_price,
            stock_quantity,
        });
    }
    Ok(Answer {
        data: OneProduct { product },
    })
}

type OrderRow = (
    Uuid,
    String,
    String,
    i64,
    DateTime<Utc>,
    Uuid,
    String,
    String,
    i64,
    i32,
    String,
);

pub async fn orders(database: &Database, member_id: MemberId) -> Result<Answer<Orders>> {
    let rows = database.rows::<OrderRow, _>(
        r#"SELECT placed.id, placed.order_key, placed.status, placed.items_total, placed.placed_at,
             order_item.id, order_item.product_name, order_item.option_name, order_item.unit_price,
             order_item.quantity, order_item.status
         FROM (
             SELECT id, order_key, status, items_total, placed_at FROM "order"
             WHERE member_id = $1 ORDER BY placed_at DESC, id DESC LIMIT 20
         ) AS placed
         JOIN order_item ON order_item.order_id = placed.id
         ORDER BY placed.placed_at DESC, placed.id DESC, order_item.position"#,
        &[member_id.0],
    ).await?;
    let mut nodes = Vec::<Order>::with_capacity(20);
    for row in rows {
        let (
            order_id,
            key,
            status,
            items_total,
            placed_at,
            item_id,
            product_name,
            option_name,
            unit_price,
            quantity,
            item_status,
        ) = row;
        let item = Item {
            id: id(item_id),
            product_name,
            option_name,
            unit_price,
            quantity,
            status: item_status,
        };
        match nodes.last_mut() {
            Some(order) if order.id.0.uuid() == order_id => order.items.push(item),
            _ => nodes.push(Order {
                id: id(order_id),
                key,
                status,
                items_total,
                placed_at: Moment(placed_at),
                items: vec![item],
            }),
        }
    }
    let orders = Nodes { nodes };
    Ok(Answer {
        data: Orders { orders },
    })
}

/// As many days as Jangteo looks back.
const DAYS: i32 = 3;

pub async fn popular(database: &Database) -> Result<Answer<Popular>> {
    let window = last_days(Clock::system().now(), DAYS);
    let rows = database.rows::<(Uuid, i64, String, i64), _>(
        "SELECT sold.product_id, CAST(SUM(sold.quantity) AS BIGINT) AS pieces, product.name, product.price \
         FROM ( \
             SELECT product_id, quantity FROM product_sales WHERE hour >= $1 AND hour < $4 \
             UNION ALL \
             SELECT product_id, -quantity FROM order_item \
             WHERE status <> 'CANCELED' AND paid_at >= $1 AND paid_at < $2 \
             UNION ALL \
             SELECT product_id, -quantity FROM order_item \
             WHERE status <> 'CANCELED' AND paid_at >= $3 AND paid_at < $4 \
         ) AS sold JOIN product ON product.id = sold.product_id \
         WHERE product.deleted_at IS NULL \
         GROUP BY sold.product_id, product.name, product.price HAVING SUM(sold.quantity) > 0 \
         ORDER BY pieces DESC, sold.product_id LIMIT 10",
        &[window.first_hour, window.from, window.to, window.end_hour],
    ).await?;
    let ranked = (1..).zip(rows);
    let ranked = ranked.map(|(rank, (product_id, quantity_sold, name, price))| Ranked {
        rank,
        quantity_sold,
        product: Sold {
            id: id(product_id),
            name,
            price,
        },
    });
    let popular_products = ranked.collect();
    Ok(Answer {
        data: Popular { popular_products },
    })
}

type CartRow = (Uuid, Uuid, i32, Uuid, String, i64, i32, Uuid, String, bool);

pub async fn cart(database: &Database, member_id: MemberId) -> Result<Answer<OneCart>> {
    let rows = database.rows::<CartRow, _>(
        "SELECT cart.id, cart_item.id, cart_item.quantity, product_option.id, product_option.name, \
             product_option.price, stock.quantity, product.id, product.name, \
             product_option.deleted_at IS NULL AND product.deleted_at IS NULL AND store.is_open \
         FROM cart JOIN cart_item ON cart_item.cart_id = cart.id \
         JOIN product_option ON product_option.id = cart_item.option_id \
         JOIN stock ON stock.option_id = product_option.id \
         JOIN product ON product.id = product_option.product_id \
         JOIN store ON store.id = product.store_id \
         WHERE cart.member_id = $1 ORDER BY cart_item.id",
        &[member_id.0],
    ).await?;
    let mut cart = None::<Cart>;
    for row in rows {
        let (
            cart_id,
            line_id,
            quantity,
            option_id,
            name,
            price,
            stock_quantity,
            product_id,
            product_name,
            is_for_sale,
        ) = row;
        let cart = cart.get_or_insert_with(|| Cart {
            id: id(cart_id),
            total_quantity: 0,
            total: 0,
            items: Vec::with_capacity(3),
        });
        let total = price * i64::from(quantity);
        cart.total_quantity += quantity;
        cart.total += total;
        cart.items.push(Line {
            id: id(line_id),
            quantity,
            unit_price: price,
            total,
            is_available: is_for_sale && stock_quantity >= quantity,
            option: Chosen {
                choice: Choice {
                    id: id(option_id),
                    name,
                    price,
                    stock_quantity,
                },
                product: Named {
                    id: id(product_id),
                    name: product_name,
                },
            },
        });
    }
    Ok(Answer {
        data: OneCart { cart },
    })
}
