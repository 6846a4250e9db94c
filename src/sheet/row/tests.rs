use uuid::Uuid;

use super::*;

fn header(names: &str) -> Result<Header, Problem> {
    let names = names.split(',').map(str::as_bytes).collect::<Vec<_>>();
    Header::read(&names)
}

fn read(names: &str, cells: &[&str]) -> Result<Option<Row>, Vec<Problem>> {
    let cells = cells.iter().map(|cell| cell.as_bytes()).collect::<Vec<_>>();
    header(names).expect("a header").row(7, &cells)
}

#[test]
fn columns_stand_in_any_order_and_some_may_be_missing() {
    let row = read(" price ,option,product", &["1,500", " M ", "Tee"]);
    let expected = Row {
        number: 7,
        store_id: None,
        product_id: None,
        option_id: None,
        product: "Tee".into(),
        description: None,
        option: " M ".into(),
        price: Won(1_500),
        stock: None,
        stock_was: None,
    };
    assert_eq!(row, Ok(Some(expected)));
}

#[test]
fn every_column_is_read() {
    let names = COLUMNS.map(Column::name).join(",");
    let id = Uuid::from_u128(7);
    let (store, product, option) = (StoreId(id), ProductId(id), OptionId(id));
    let [store_text, product_text, option_text] =
        [store.to_string(), product.to_string(), option.to_string()];
    let cells = [
        &*store_text,
        &product_text,
        &option_text,
        "Tee",
        "soft\nand warm",
        "M",
        "0",
        "5",
        "-1",
    ];
    let row = read(&names, &cells).expect("a row").expect("not empty");
    assert_eq!(row.store_id, Some(store));
    assert_eq!(row.product_id, Some(product));
    assert_eq!(row.option_id, Some(option));
    assert_eq!(row.description.as_deref(), Some("soft\nand warm"));
    assert_eq!(
        (row.price, row.stock, row.stock_was),
        (Won(0), Some(5), Some(-1))
    );
}

#[test]
fn a_header_that_cannot_be_one_is_told() {
    for (names, what) in [
        (
            "product,option,price,colour",
            "there is no column `colour`; there are store_id, ",
        ),
        (
            "product,option,price,product",
            "the column `product` is there twice",
        ),
        ("product,price", "the column `option` is missing"),
        ("", "there is no column ``"),
    ] {
        let problem = header(names).expect_err(names);
        assert_eq!((problem.row, problem.column), (1, None));
        assert!(problem.what.starts_with(what), "{problem:?}");
    }
}

#[test]
fn an_empty_row_is_none() {
    assert_eq!(read("product,option,price", &["", " ", ""]), Ok(None));
    assert_eq!(read("product,option,price", &[""]), Ok(None));
}

#[test]
fn everything_that_is_wrong_with_a_row_is_told() {
    let names = "product,option,price,stock,option_id";
    let problems = read(names, &["Tee", "M", "", "3000000000", "product_1"]);
    let problem = |column, what| Problem::new(7, column, what);
    let expected = vec![
        problem(Column::OptionId, "it is not an id that begins with option_"),
        problem(Column::Price, "it is not a whole number"),
        problem(Column::Stock, "it is too large"),
    ];
    assert_eq!(problems, Err(expected));
    let problems = read(names, &["Tee", "M"]);
    let what = "it has 2 cells where the first row has 5";
    assert_eq!(problems, Err(vec![Problem::of_row(7, what)]));
    let header = header("product,option,price").expect("a header");
    let problems = header.row(7, &[b"\xB0\xA1", b"M", b"1"]);
    let what = "it is not UTF-8: in Excel, save it as `CSV UTF-8`";
    assert_eq!(problems, Err(vec![problem(Column::Product, what)]));
}

#[test]
fn numbers_are_whole_and_may_have_commas() {
    for (text, expected) in [
        ("0", Some(0)),
        ("-5", Some(-5)),
        ("1,234,567", Some(1_234_567)),
        ("12,00", None),
        (",000", None),
        ("1234,567", None),
        ("1.5", None),
        ("1e3", None),
        ("₩5", None),
        ("99999999999999999999", None),
    ] {
        assert_eq!(number(text), expected, "{text}");
    }
}

#[test]
fn no_text_is_a_formula_and_every_text_reads_back_as_itself() {
    for text in [
        "", "Tee", "=1+1", "+82", "-5", "@now", "\tx", "＝1", "'=1", "''=1", "'s", "'", "''", "a=b",
    ] {
        let guarded = guarded(text);
        assert!(!guarded.starts_with(FORMULA), "{text}");
        assert_eq!(unguarded(&guarded), text);
    }
    assert_eq!(guarded("Tee"), "Tee");
    assert_eq!(guarded("'s"), "'s");
    assert_eq!(guarded("=1"), "'=1");
}
