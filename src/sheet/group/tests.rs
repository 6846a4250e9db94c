use entity::Won;
use uuid::Uuid;

use super::*;

fn store(number: u128) -> StoreId {
    StoreId(Uuid::from_u128(number))
}

/// An option of a new product.
fn new(number: u64, product: &str, option: &str) -> Row {
    Row {
        number,
        store_id: Some(store(1)),
        product_id: None,
        option_id: None,
        product: product.into(),
        description: None,
        option: option.into(),
        price: Won(1_000),
        stock: None,
        stock_was: None,
    }
}

/// An option of a product that is there.
fn known(number: u64, product: u128, option: u128) -> Row {
    Row {
        store_id: None,
        product_id: Some(ProductId(Uuid::from_u128(product))),
        option_id: Some(OptionId(Uuid::from_u128(option))),
        ..new(number, "Tee", &option.to_string())
    }
}

fn all(of_file: Option<StoreId>, rows: Vec<Row>) -> Vec<Result<Group, Vec<Problem>>> {
    let mut grouping = Grouping::new(of_file);
    let mut groups = rows
        .into_iter()
        .filter_map(|row| grouping.push(row))
        .collect::<Vec<_>>();
    groups.extend(grouping.finish());
    assert!(grouping.finish().is_none());
    groups
}

fn one(rows: Vec<Row>) -> Result<Group, Vec<Problem>> {
    let mut groups = all(None, rows);
    assert_eq!(groups.len(), 1);
    groups.remove(0)
}

/// The rows and columns at fault.
fn faults(rows: Vec<Row>) -> Vec<(u64, Column)> {
    let problems = one(rows).expect_err("problems");
    let faults = problems.into_iter();
    faults
        .map(|problem| (problem.row, problem.column.expect("a column")))
        .collect()
}

#[test]
fn rows_that_stand_together_are_a_product() {
    let described = Row {
        description: Some("soft".into()),
        ..known(4, 7, 70)
    };
    let blank = Row {
        description: Some(" ".into()),
        ..known(5, 7, 71)
    };
    let groups = all(
        Some(store(1)),
        vec![
            new(2, "Tee ", " M "),
            Row {
                stock: Some(5),
                ..new(3, "Tee", "L")
            },
            described,
            blank,
            known(6, 8, 80),
            new(7, "Hat", "M"),
        ],
    );
    let groups = groups.into_iter().map(|group| group.expect("a product"));
    let groups = groups.collect::<Vec<_>>();
    let rows = groups.iter().map(|group| group.rows.clone());
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [vec![2, 3], vec![4, 5], vec![6], vec![7]]
    );
    let tee = &groups[0];
    assert_eq!(
        (tee.row, &*tee.name, tee.store_id),
        (2, "Tee", Some(store(1)))
    );
    assert_eq!(tee.options[0].name, "M");
    let stock = tee.options.iter().map(|wish| wish.stock_quantity);
    assert_eq!(stock.collect::<Vec<_>>(), [Some(0), Some(5)]);
    assert_eq!(groups[1].description.as_deref(), Some("soft"));
    assert_eq!(groups[2].options[0].stock_quantity, None);
}

#[test]
fn a_product_that_comes_again_is_refused() {
    let rows = vec![
        new(2, "Tee", "M"),
        new(3, "Hat", "M"),
        new(4, "Tee", "L"),
        known(5, 7, 70),
        known(6, 8, 80),
        known(7, 7, 71),
        Row {
            store_id: Some(store(2)),
            ..new(8, "Hat", "M")
        },
    ];
    let groups = all(None, rows);
    let wrong = groups.into_iter().filter_map(Result::err).flatten();
    let wrong = wrong.map(|problem| (problem.row, problem.column));
    assert_eq!(
        wrong.collect::<Vec<_>>(),
        [(4, Some(Column::Product)), (7, Some(Column::ProductId))]
    );
}

#[test]
fn a_new_product_has_one_store() {
    let nowhere = Row {
        store_id: None,
        ..new(2, "Tee", "M")
    };
    assert_eq!(faults(vec![nowhere.clone()]), [(2, Column::Store)]);
    let of_file = all(Some(store(2)), vec![nowhere]);
    let store_id = of_file[0].as_ref().expect("a product").store_id;
    assert_eq!(store_id, Some(store(2)));
    let other = all(Some(store(2)), vec![new(2, "Tee", "M")]);
    assert_eq!(other[0].as_ref().expect_err("a problem").len(), 1);
    assert!(grouped(&[], None).is_err());
}

#[test]
fn the_rows_of_a_product_agree() {
    let other_name = Row {
        product: "Hat".into(),
        ..known(3, 7, 71)
    };
    let other_store = Row {
        store_id: Some(store(9)),
        ..known(4, 7, 72)
    };
    let other_description = Row {
        description: Some("hard".into()),
        ..known(5, 7, 73)
    };
    assert_eq!(
        faults(vec![
            known(2, 7, 70),
            other_name,
            other_store,
            other_description
        ]),
        [
            (3, Column::Product),
            (4, Column::Store),
            (5, Column::Description)
        ]
    );
}

#[test]
fn stock_is_what_there_is_of_a_new_option_and_a_difference_of_another() {
    let counted = |stock, stock_was| Row {
        stock,
        stock_was,
        ..known(2, 7, 70)
    };
    let moves = |stock, stock_was| {
        one(vec![counted(stock, stock_was)])
            .expect("a product")
            .moves
    };
    assert_eq!(moves(None, None), []);
    assert_eq!(moves(None, Some(5)), []);
    assert_eq!(moves(Some(5), Some(5)), []);
    let expected = Move {
        option_id: OptionId(Uuid::from_u128(70)),
        delta: -3,
        row: 2,
    };
    assert_eq!(moves(Some(2), Some(5)), [expected]);
    assert_eq!(
        faults(vec![counted(Some(5), None)]),
        [(2, Column::StockWas)]
    );
    let too_many = counted(Some(i32::MAX), Some(-1));
    assert_eq!(faults(vec![too_many]), [(2, Column::Stock)]);
    let new = Row {
        stock_was: Some(1),
        ..new(2, "Tee", "M")
    };
    assert_eq!(faults(vec![new]), [(2, Column::StockWas)]);
}

#[test]
fn the_catalog_s_rules_are_told_where_they_are_broken() {
    let good = || new(2, "Tee", "M");
    let second = |row: Row| vec![good(), Row { number: 3, ..row }];
    for (rows, fault) in [
        (vec![new(2, " ", "M")], (2, Column::Product)),
        (
            vec![Row {
                description: Some("\0".into()),
                ..good()
            }],
            (2, Column::Description),
        ),
        (second(good()), (3, Column::Option)),
        (
            second(Row {
                price: Won(0),
                ..new(3, "Tee", "L")
            }),
            (3, Column::Price),
        ),
        (
            second(Row {
                stock: Some(-1),
                ..new(3, "Tee", "L")
            }),
            (3, Column::Stock),
        ),
        (
            vec![
                known(2, 7, 70),
                Row {
                    option: "other".into(),
                    ..known(3, 7, 70)
                },
            ],
            (3, Column::OptionId),
        ),
        (
            vec![Row {
                product_id: None,
                store_id: Some(store(1)),
                ..known(2, 7, 70)
            }],
            (2, Column::OptionId),
        ),
        (
            (0..200)
                .map(|number| new(number + 2, "Tee", &number.to_string()))
                .collect(),
            (2, Column::Option),
        ),
    ] {
        assert_eq!(faults(rows), [fault]);
    }
}
