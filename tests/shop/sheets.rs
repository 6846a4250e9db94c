//! Products as a sheet: the program exports them into a file and imports them from one, while the shop is open.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use entity::{id::StoreId, stock_adjustment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use crate::support::{Product, Shop};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What a run of the program came to.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    output: String,
    errors: String,
}

/// A folder with sheets, beside a shop.
struct Desk<'s> {
    shop: &'s Shop,
    folder: TempDir,
}

impl<'s> Desk<'s> {
    fn beside(shop: &'s Shop) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self { shop, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jangteo"));
        command
            .current_dir(self.folder.path())
            .env("DATABASE_URL", &self.shop.database.url)
            .args(arguments);
        let ended = spawn_blocking(move || command.output()).await;
        let ended = ended.expect("no panic").expect("the program runs");
        Ended {
            code: ended.status.code(),
            output: String::from_utf8(ended.stdout).expect("text"),
            errors: String::from_utf8(ended.stderr).expect("text"),
        }
    }

    /// Imports a sheet in somebody's name.
    async fn import(&self, sheet: impl AsRef<[u8]>, by: &str, more: &[&str]) -> Ended {
        fs::write(self.path("import.csv"), sheet).expect("a file");
        let arguments = ["import", "products", "import.csv", "--by", by];
        self.run(&[&arguments, more].concat()).await
    }

    /// Imports what is good; gives what is said of it.
    async fn imported(&self, sheet: impl AsRef<[u8]>, by: &str, more: &[&str]) -> String {
        let ended = self.import(sheet, by, more).await;
        assert_eq!((ended.code, &*ended.errors), (Some(0), ""));
        ended.output
    }

    /// Imports what must be refused without any change; gives what is said of the rows.
    async fn refused(&self, sheet: impl AsRef<[u8]>, by: &str, more: &[&str]) -> String {
        let before = self.shop.contents().await;
        let ended = self.import(sheet, by, more).await;
        assert_eq!(
            (ended.code, &*ended.output),
            (Some(1), ""),
            "{}",
            ended.errors
        );
        self.shop.contents().await.assert_same(&before);
        let rows = ended.errors.split_once(":\n");
        let (head, rows) = rows.unwrap_or_else(|| panic!("no rows: {}", ended.errors));
        assert_eq!(head, "jangteo: nothing was imported from import.csv");
        rows.to_owned()
    }

    async fn export(&self, more: &[&str]) -> String {
        let arguments = ["export", "products", "export.csv"];
        let ended = self.run(&[&arguments, more].concat()).await;
        assert_eq!((ended.code, &*ended.errors), (Some(0), ""));
        let text = fs::read_to_string(self.path("export.csv")).expect("a file");
        text.strip_prefix(BYTE_ORDER_MARK)
            .expect("a mark")
            .to_owned()
    }
}

/// The user id of whoever runs the product's store.
async fn merchant(shop: &Shop, product: &Product) -> String {
    let found = entity::member::Entity::find_by_id(product.merchant_id);
    let found = found.one(shop.app().db.reader()).await.expect("members");
    found.expect("a merchant").user_id
}

/// What a store sells, as the API tells it.
async fn on_sale(shop: &Shop, store: StoreId) -> Value {
    let query = "query($id: ID!) { products(filter: { storeId: $id }, sort: NAME) {
        nodes { name description price options { name price stockQuantity } } } }";
    let data = shop
        .anonymous()
        .run(query, json!({ "id": store.to_string() }))
        .await;
    data["products"]["nodes"].clone()
}

fn rows(sheet: &str) -> Vec<&str> {
    sheet.split_terminator("\r\n").collect()
}

both! {
    async fn what_is_exported_and_imported_again_changes_nothing_but_what_was_sold_stays_sold(shop: Shop) {
        let desk = Desk::beside(&shop);
        let shirt = shop.product("=cmd()\"셔츠\", 하양", &[("M, 긴팔", 1_000, 5), ("-L", 2_000, 0)]).await;
        let other = shop.product("'=모자", &[("하나", 3_000, 7)]).await;
        let sheet = desk.export(&[]).await;
        assert_eq!(rows(&sheet).len(), 4);
        assert!(sheet.starts_with("store_id,product_id,option_id,product,description,option,price,stock,stock_was\r\n"));
        assert!(sheet.contains(",\"'=cmd()\"\"셔츠\"\", 하양\","), "{sheet}");
        assert!(sheet.contains(",'-L,2000,0,0\r\n"), "{sheet}");
        shop.member_with_points(10_000).await.order(&shirt, 0, 2, "first").await;
        let before = shop.contents().await;
        shop.admin().await;
        let members = shop.contents().await;

        let said = desk.imported(format!("{BYTE_ORDER_MARK}{sheet}"), "admin", &[]).await;

        assert_eq!(
            said,
            "Imported: 3 rows, 0 new products, 0 changed products, 0 new options, 0 changes of stock.\n"
        );
        shop.contents().await.assert_same(&members);
        assert_eq!(before.0["product"], members.0["product"]);
        assert_eq!(shop.stock(&shirt).await, [3, 0]);

        let own = desk.export(&["--store", &other.store_id.to_string()]).await;
        assert_eq!(rows(&own).len(), 2, "{own}");
        let printed = desk.run(&["export", "products"]).await;
        let again = printed.output.strip_prefix(BYTE_ORDER_MARK).expect("a mark");
        assert_eq!(again, sheet.replace(",1000,5,5", ",1000,3,3"));
        let names = fs::read_dir(desk.folder.path()).expect("a folder").count();
        assert_eq!(names, 2, "nothing half-written is left");
    }

    async fn new_products_are_on_sale_with_their_first_pieces_in_the_ledger(shop: Shop) {
        let desk = Desk::beside(&shop);
        let there = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &there).await;
        let store = there.store_id.to_string();
        let sheet = "price,option,product,stock,description\r\n\
                     \"12,000\", M ,모자,7,\"부드러운\n모자\"\r\n\
                     9000,L,모자,,\r\n\
                     ,,,,\r\n\
                     500,하나,양말,0,\r\n";

        let said = desk.imported(sheet, &merchant, &["--store", &store]).await;

        assert_eq!(
            said,
            "Imported: 3 rows, 2 new products, 0 changed products, 3 new options, 0 changes of stock.\n"
        );
        let hat = json!({
            "name": "모자", "description": "부드러운\n모자", "price": 9_000,
            "options": [
                { "name": "M", "price": 12_000, "stockQuantity": 7 },
                { "name": "L", "price": 9_000, "stockQuantity": 0 },
            ],
        });
        let shown = on_sale(&shop, there.store_id).await;
        assert_eq!(shown[0], hat);
        assert_eq!(shown[2]["name"], "양말");
        let of_merchant = stock_adjustment::COLUMN.member_id.eq(there.merchant_id);
        let entries = stock_adjustment::Entity::find().filter(of_merchant);
        let entries = entries.all(shop.app().db.reader()).await.expect("a ledger");
        assert_eq!(entries.len(), 4);
        let audit = desk.run(&["audit"]).await;
        assert_eq!(audit.code, Some(0), "{}", audit.output);
    }

    async fn an_import_changes_what_it_names_and_takes_off_sale_what_it_leaves_out(shop: Shop) {
        let desk = Desk::beside(&shop);
        let shirt = shop.product("셔츠", &[("S", 1_000, 5), ("M", 2_000, 5), ("L", 3_000, 5)]).await;
        let hat = shop.product_of(shirt.store_id, shirt.merchant_id, "모자", &[("하나", 500, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        let (id, [small, _, large]) = (shirt.id, [shirt.options[0], shirt.options[1], shirt.options[2]]);
        shop.member_with_points(10_000).await.order(&shirt, 2, 1, "first").await;
        // The merchant counted five of L before that, and takes two away.
        let sheet = format!(
            "product_id,option_id,product,option,price,stock,stock_was\n\
             {id},{large},긴 셔츠,Large,3500,3,5\n\
             {id},,긴 셔츠,XL,4000,9,\n\
             {id},{small},긴 셔츠,S,1000,,\n"
        );

        let said = desk.imported(sheet, &merchant, &[]).await;

        assert_eq!(
            said,
            "Imported: 3 rows, 0 new products, 1 changed products, 1 new options, 1 changes of stock.\n"
        );
        let shown = on_sale(&shop, shirt.store_id).await;
        let expected = json!({
            "name": "긴 셔츠", "description": "셔츠, as good as it gets", "price": 1_000,
            "options": [
                { "name": "Large", "price": 3_500, "stockQuantity": 2 },
                { "name": "XL", "price": 4_000, "stockQuantity": 9 },
                { "name": "S", "price": 1_000, "stockQuantity": 5 },
            ],
        });
        assert_eq!(shown[0], expected);
        assert_eq!(shown[1]["name"], "모자", "what the file does not name stays");
        assert_eq!(shop.stock(&hat).await, [5]);
        let moved = stock_adjustment::COLUMN.option_id.eq(large);
        let moved = stock_adjustment::Entity::find()
            .filter(moved)
            .filter(stock_adjustment::COLUMN.delta.lt(0));
        let moved = moved.one(shop.app().db.reader()).await.expect("a ledger").expect("a row");
        assert_eq!((moved.delta, moved.quantity_after), (-2, 2));
        assert_eq!((&*moved.reason, moved.member_id), ("import of products", shirt.merchant_id));
        let audit = desk.run(&["audit"]).await;
        assert_eq!(audit.code, Some(0), "{}", audit.output);
    }

    async fn a_dry_run_says_what_would_happen_and_changes_nothing(shop: Shop) {
        let desk = Desk::beside(&shop);
        let there = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &there).await;
        let before = shop.contents().await;
        let sheet = format!("store_id,product,option,price\n{},모자,하나,1\n", there.store_id);
        let said = desk.imported(sheet, &merchant, &["--dry-run"]).await;
        assert!(said.starts_with("Nothing was changed. It would be: 1 rows, 1 new products,"), "{said}");
        shop.contents().await.assert_same(&before);
    }

    async fn a_file_with_anything_wrong_changes_nothing_and_each_row_is_told(shop: Shop) {
        let desk = Desk::beside(&shop);
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let hat = shop.product("모자", &[("하나", 1_000, 5)]).await;
        let gone = shop.product_of(shirt.store_id, shirt.merchant_id, "치마", &[("하나", 500, 5)]).await;
        shop.delete_product(&gone).await;
        shop.admin().await;
        let (store, option) = (shirt.store_id, shirt.options[0]);
        let nobodys = "product_00000000000000000000000007";
        let sheet = format!(
            "store_id,product_id,option_id,product,option,price,stock,stock_was\n\
             {store},,,양말,하나,10,1,\n\
             {store},,,장갑,하나,free,1,\n\
             ,,,가방,하나,10,1,\n\
             {store},,,양말,둘,10,1,\n\
             {store},,,우산,하나,0,1,\n\
             {store},,,신발,하나,10,1,\n\
             {store},,,신발,하나,10,1,\n\
             ,{nobodys},,셔츠,하나,10,1,\n\
             ,{},,치마,하나,10,1,\n\
             ,{},{option},모자,하나,10,5,5\n\
             ,{},{option},셔츠,하나,10,5,\n\
             {store},,,목도리,하나,10,-1,\n\
             {store},,,장화,하나\n",
            gone.id, hat.id, shirt.id
        );

        let told = desk.refused(sheet, "admin", &[]).await;

        for (row, what) in [
            (3, "price: it is not a whole number"),
            (4, "store_id: a new product needs a store, here or with --store"),
            (5, "product: this product was in the file before: its rows must stand together"),
            (6, "price: "),
            (8, "option: "),
            (9, "product_id: there is no such product, or --by may not run its store"),
            (10, "product_id: the product was taken off sale"),
            (11, "option_id: the product has no such option"),
            (12, "stock_was: say how many there were when you counted"),
            (13, "stock: "),
            (14, "it has 5 cells where the first row has 8"),
        ] {
            assert!(told.contains(&format!("  row {row}: {what}")), "{row}: {what}\n{told}");
        }
        assert_eq!(told.lines().count(), 11, "{told}");
    }

    async fn pieces_that_are_not_there_any_more_are_not_taken(shop: Shop) {
        let desk = Desk::beside(&shop);
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        shop.member_with_points(10_000).await.order(&shirt, 0, 3, "first").await;
        let sheet = format!(
            "product_id,option_id,product,option,price,stock,stock_was\n{},{},셔츠,하나,1000,1,5\n",
            shirt.id, shirt.options[0]
        );
        let told = desk.refused(sheet, &merchant, &[]).await;
        assert_eq!(told, "  row 2: stock: there are 2 by now, and so -4 cannot be moved\n");
    }

    async fn whoever_does_not_run_a_store_imports_nothing_into_it(shop: Shop) {
        let desk = Desk::beside(&shop);
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let hat = shop.product("모자", &[("하나", 1_000, 5)]).await;
        shop.member_named("mina").await;
        let (store, option) = (shirt.store_id.to_string(), shirt.options[0]);
        let new = "product,option,price\n양말,하나,10\n";
        let change = format!("product_id,option_id,product,option,price\n{},{option},셔츠,하나,1\n", shirt.id);
        for stranger in ["mina".to_owned(), merchant(&shop, &hat).await] {
            let told = desk.refused(new, &stranger, &["--store", &store]).await;
            assert_eq!(told, "  row 2: store_id: there is no such store, or --by may not run it\n");
            let told = desk.refused(&change, &stranger, &[]).await;
            assert_eq!(told, "  row 2: product_id: there is no such product, or --by may not run its store\n");
        }
        let owner = merchant(&shop, &shirt).await;
        let others = desk.refused(&change, &owner, &["--store", &hat.store_id.to_string()]).await;
        assert_eq!(others, "  row 2: store_id: the product is another store's\n");
        let nobody = desk.import(new, "nobody", &["--store", &store]).await;
        assert_eq!(nobody.code, Some(1));
        assert!(nobody.errors.contains("there is no member with the user id nobody"));
    }

    async fn a_hundred_problems_are_told_and_the_others_counted(shop: Shop) {
        let desk = Desk::beside(&shop);
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let mut sheet = "product,option,price\n".to_owned();
        for number in 0..250 {
            writeln!(sheet, "양말 {number},하나,free").expect("a line");
        }
        let told = desk.refused(sheet, &merchant(&shop, &shirt).await, &[]).await;
        let lines = told.lines().collect::<Vec<_>>();
        assert_eq!(lines.len(), 101);
        assert_eq!(lines[99], "  row 101: price: it is not a whole number");
        assert_eq!(lines[100], "  and 150 more");
    }

    async fn a_file_that_is_no_sheet_is_told_to_be_none(shop: Shop) {
        let desk = Desk::beside(&shop);
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        let store = shirt.store_id.to_string();
        let told = desk.refused("", &merchant, &[]).await;
        assert_eq!(told, "  row 1: the column `product` is missing\n");
        let told = desk.refused("상품,옵션,가격\n", &merchant, &[]).await;
        assert!(told.starts_with("  row 1: there is no column `상품`"), "{told}");
        // As Excel writes Korean unless it is told otherwise.
        let korean = b"product,option,price\n\xBE\xE7\xB8\xBB,M,10\n";
        let told = desk.refused(korean, &merchant, &["--store", &store]).await;
        assert_eq!(told, "  row 2: product: it is not UTF-8: in Excel, save it as `CSV UTF-8`\n");

        let before = shop.contents().await;
        let open = format!("product,option,price\n\"{}", "양말\n".repeat(400_000));
        let ended = desk.import(open, &merchant, &["--store", &store]).await;
        assert_eq!(ended.code, Some(1));
        assert!(ended.errors.contains("is a quotation mark left open?"), "{}", ended.errors);
        let missing = desk.run(&["import", "products", "nothing.csv", "--by", &merchant]).await;
        assert_eq!(missing.code, Some(1));
        assert!(missing.errors.contains("cannot read nothing.csv"), "{}", missing.errors);
        shop.contents().await.assert_same(&before);
    }

    async fn of_imports_that_want_the_same_pieces_at_once_one_gets_them(shop: Shop) {
        let desk = Desk::beside(&shop);
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        let sheet = format!(
            "product_id,option_id,product,option,price,stock,stock_was\n{},{},셔츠,하나,1000,2,5\n",
            shirt.id, shirt.options[0]
        );
        fs::write(desk.path("import.csv"), sheet).expect("a file");
        let arguments = ["import", "products", "import.csv", "--by", &merchant];

        let runs = (0..3).map(|_| desk.run(&arguments));
        let ended = futures_util::future::join_all(runs).await;

        let done = ended.iter().filter(|ended| ended.code == Some(0)).count();
        assert_eq!(done, 1, "{ended:?}");
        assert_eq!(shop.stock(&shirt).await, [2]);
        assert_eq!(desk.run(&["audit"]).await.code, Some(0));
    }

    async fn many_products_come_and_go_whole(shop: Shop) {
        let desk = Desk::beside(&shop);
        let there = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let (merchant, store) = (merchant(&shop, &there).await, there.store_id.to_string());
        let mut sheet = "product,option,price,stock\n".to_owned();
        for number in 0..1_500 {
            for option in ["S", "M"] {
                writeln!(sheet, "양말 {number},{option},{},3", number + 1).expect("a line");
            }
        }
        let said = desk.imported(sheet, &merchant, &["--store", &store]).await;
        assert!(said.starts_with("Imported: 3000 rows, 1500 new products, 0 changed products, 3000 new options"), "{said}");
        let exported = desk.export(&[]).await;
        assert_eq!(rows(&exported).len(), 3_002);
        let dearer = exported.replace(",1,3,3\r\n", ",7,3,3\r\n");
        let said = desk.imported(dearer, &merchant, &[]).await;
        assert_eq!(
            said,
            "Imported: 3001 rows, 0 new products, 1 changed products, 0 new options, 0 changes of stock.\n"
        );
        assert_eq!(desk.run(&["audit"]).await.code, Some(0));
    }
}

#[test]
fn the_help_tells_every_column() {
    let help = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jangteo"));
        let ended = command.args(arguments).current_dir(Path::new("/")).output();
        String::from_utf8(ended.expect("the program runs").stdout).expect("text")
    };
    let told = help(&["import", "products", "--help"]);
    for column in jangteo::sheet::COLUMNS {
        assert!(told.contains(column.name()), "{}: {told}", column.name());
    }
    assert!(help(&["export", "products", "--help"]).contains("byte order mark"));
}
