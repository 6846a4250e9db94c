//! The shop against its model: whatever anybody does in whatever order, the shop answers and ends up as the market
//! of `market.rs` does. What differs is shrunk to the few commands that it takes.
//!
//! `PROPTEST_CASES` is how many stories are played on each database, 64 unless it is set.

mod look;
mod market;
mod real;
mod step;

use std::fmt::Debug;

use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};

use crate::support::Shop;
use market::{Command, Market, Member, Product, ProductOption};
use real::{RealMarket, Stores};
use step::{Step, step};

const MEMBERS: usize = 3;

/// The options of each product: their prices and stock.
const PRODUCTS: [&[(i64, i32)]; 3] = [&[(1_000, 6), (2_500, 3)], &[(700, 10)], &[(0, 5)]];

/// How long a story may be.
const STEPS_MAX: usize = 80;

/// Stories a database, unless `PROPTEST_CASES` says.
const CASES: u32 = 64;

both! {
    async fn whatever_anybody_does_the_shop_is_as_its_model(shop: Shop) {
        let stores = Stores::open(&shop, PRODUCTS.len()).await;
        let config = Config {
            cases: std::env::var("PROPTEST_CASES").map_or(CASES, |_| Config::default().cases),
            failure_persistence: None,
            max_shrink_iters: 5_000,
            ..Config::default()
        };
        let options = PRODUCTS.iter().map(|options| options.len()).sum();
        let story = vec(step(MEMBERS, options, PRODUCTS.len()), 1..STEPS_MAX);
        let played = block_in_place(|| {
            TestRunner::new(config).run(&story, |story| {
                Handle::current().block_on(play(&shop, &stores, &story))
            })
        });
        if let Err(TestError::Fail(difference, _)) = played {
            panic!("{difference}");
        }
        played.expect("every story is played");
    }
}

/// Plays a story in the shop and in its model, side by side.
async fn play(shop: &Shop, stores: &Stores, story: &[Step]) -> Result<(), TestCaseError> {
    let mut model = opening();
    let mut real = RealMarket::open(shop, stores, &PRODUCTS, MEMBERS).await;
    let mut told = Vec::new();
    for step in story {
        let Some(command) = step.command(&model, &told) else {
            continue;
        };
        let expected = model.obey(&command);
        let answer = real.obey(&command).await;
        told.push(command);
        same("answer", &answer, &Ok(expected), &told)?;
        real.learn_cart_lines(&model).await;
    }
    let (popular, found) = (real.popular().await, real.look().await);
    same("popularity", &popular, &model.popular(look::DAY), &told)?;
    let model = without_requests(model);
    same("products", &found.products, &model.products, &told)?;
    same("options", &found.options, &model.options, &told)?;
    same("members", &found.members, &model.members, &told)?;
    same("orders", &found.orders, &model.orders, &told)?;
    same("sales", &found.sales, &model.sales, &told)?;
    same("market", &found, &model, &told)
}

fn same<T: PartialEq + Debug>(
    what: &str,
    shop: &T,
    model: &T,
    told: &[Command],
) -> Result<(), TestCaseError> {
    if shop == model {
        return Ok(());
    }
    let told = told.iter().map(|command| format!("{command:?}\n"));
    let told = told.collect::<String>();
    Err(TestCaseError::fail(format!(
        "another {what} after\n{told}the shop:  {shop:?}\nthe model: {model:?}\n"
    )))
}

fn opening() -> Market {
    let mut market = Market {
        members: vec![Member::default(); MEMBERS],
        ..Market::default()
    };
    for (product, options) in PRODUCTS.iter().enumerate() {
        market.products.push(Product {
            is_on_sale: true,
            is_open: true,
        });
        for (price, stock) in *options {
            market.options.push(ProductOption {
                product,
                price: *price,
                stock: *stock,
                adjustments: vec![(*stock, *stock)],
            });
        }
    }
    market
}

/// The model without what the shop keeps in another form: what was asked for.
fn without_requests(mut market: Market) -> Market {
    for member in &mut market.members {
        member.ordered.clear();
    }
    market.sales.retain(|_, pieces| *pieces != 0);
    market
}
