//! Products' pictures: who may upload one, what is taken, and how it is shown.

use std::time::Duration;

use entity::member;
use image::{DynamicImage, GenericImageView, ImageBuffer, ImageFormat, Rgb, load_from_memory};
use jangteo::picture::storage::Storage;
use reqwest::{Method, RequestBuilder, Response, header};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Client, Database, PICTURE_BYTES_MAX, Product, Shop, refusal};

mod s3;

const ASK: &str =
    "mutation($input: CreatePictureUploadInput!) { createPictureUpload(input: $input) {
    upload { uploadUrl method expiresAt maxBytes } userErrors { code message path } } }";

/// Whoever runs the product's store.
async fn merchant(shop: &Shop, product: &Product) -> Client {
    let found = member::Entity::find_by_id(product.merchant_id);
    let found = found.one(shop.app().db.reader()).await.expect("members");
    shop.sign_in(&found.expect("a merchant").user_id).await
}

/// Asks for an address to upload to; gives the payload.
async fn ask(client: &Client, product: &Product) -> Value {
    let input = json!({ "input": { "productId": product.id.to_string() } });
    client.run(ASK, input).await["createPictureUpload"].clone()
}

/// An address to upload to.
async fn address(client: &Client, product: &Product) -> String {
    let payload = ask(client, product).await;
    let url = payload["upload"]["uploadUrl"].as_str();
    url.unwrap_or_else(|| panic!("{payload:#}")).to_owned()
}

fn request(shop: &Shop, method: Method, path: &str) -> RequestBuilder {
    reqwest::Client::new().request(method, shop.url(path))
}

async fn put(shop: &Shop, path: &str, bytes: Vec<u8>) -> Response {
    let sent = request(shop, Method::PUT, path).body(bytes).send().await;
    sent.expect("an answer")
}

async fn get(shop: &Shop, path: &str) -> Response {
    let sent = request(shop, Method::GET, path).send().await;
    sent.expect("an answer")
}

/// Uploads a picture that is taken; gives its address.
async fn upload(shop: &Shop, path: &str, bytes: Vec<u8>) -> String {
    let response = put(shop, path, bytes).await;
    let status = response.status();
    let body = response.json::<Value>().await.expect("JSON");
    assert_eq!(status, 200, "{body:#}");
    body["imageUrl"].as_str().expect("an address").to_owned()
}

/// Why a picture was not taken: the status and the code. The answer is in English, and bears its request's id.
async fn refused(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let id = response.headers()["x-request-id"].clone();
    assert_eq!(response.headers()["content-language"], "en");
    let body = response.json::<Value>().await.expect("JSON");
    assert_eq!(body["requestId"], id.to_str().expect("text"), "{body:#}");
    assert!(
        body["message"]
            .as_str()
            .is_some_and(|text| text.ends_with('.'))
    );
    (status, body["code"].as_str().expect("a code").to_owned())
}

/// The product's picture, as the API tells it.
async fn image_url(shop: &Shop, product: &Product, argument: &str) -> Value {
    let query = format!("query($id: ID!) {{ product(id: $id) {{ imageUrl{argument} }} }}");
    let variables = json!({ "id": product.id.to_string() });
    shop.anonymous().run(&query, variables).await["product"]["imageUrl"].clone()
}

/// A picture of one colour, in that format.
fn picture(width: u32, height: u32, colour: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let picture: DynamicImage = ImageBuffer::from_pixel(width, height, Rgb(colour)).into();
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

fn red(format: ImageFormat) -> Vec<u8> {
    picture(1600, 800, [200, 0, 0], format)
}

fn header_of<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers()[name].to_str().expect("text")
}

both! {
    async fn a_product_shows_the_picture_that_its_merchant_uploaded(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        assert_eq!(image_url(&shop, &shirt, "").await, Value::Null);
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let path = address(&merchant, &shirt).await;
            let url = upload(&shop, &path, red(format)).await;
            assert_eq!(image_url(&shop, &shirt, "").await, url);
            for (argument, size) in [
                ("", (1200, 600)),
                ("(width: 1000)", (1200, 600)),
                ("(width: 5000)", (1200, 600)),
                ("(width: 400)", (400, 200)),
                ("(width: 1)", (400, 200)),
            ] {
                let url = image_url(&shop, &shirt, argument).await;
                let shown = get(&shop, url.as_str().expect("an address")).await;
                assert_eq!(shown.status(), 200);
                assert_eq!(header_of(&shown, "content-type"), "image/jpeg");
                let length: usize = header_of(&shown, "content-length").parse().expect("a number");
                let bytes = shown.bytes().await.expect("a body");
                assert_eq!(bytes.len(), length);
                let shown = load_from_memory(&bytes).expect("a picture");
                assert_eq!(shown.dimensions(), size);
                assert!(shown.get_pixel(9, 9).0[0] > 180);
            }
        }
    }

    async fn a_permission_says_where_how_until_when_and_how_much(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        let before = shop.contents().await;

        let upload = ask(&merchant, &shirt).await["upload"].clone();

        shop.contents().await.assert_same(&before);
        assert_eq!(upload["method"], "PUT");
        assert_eq!(upload["maxBytes"], PICTURE_BYTES_MAX);
        assert_eq!(upload["expiresAt"], "2026-11-20T03:15:00+00:00");
        assert!(upload["uploadUrl"].as_str().is_some_and(|url| url.starts_with("/pictures/upload/product_")));
    }

    async fn the_last_picture_counts_and_the_same_again_changes_nothing(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        let path = address(&merchant, &shirt).await;
        let blue = picture(50, 50, [0, 0, 200], ImageFormat::Png);
        let first = upload(&shop, &path, red(ImageFormat::Png)).await;
        let second = upload(&shop, &path, blue.clone()).await;
        assert_ne!(first, second);
        assert_eq!(image_url(&shop, &shirt, "").await, second);
        let before = shop.contents().await;
        assert_eq!(upload(&shop, &path, blue).await, second);
        shop.contents().await.assert_same(&before);
        assert_eq!(get(&shop, &first).await.status(), 200, "who still shows the first may go on");
    }

    async fn an_admin_may_and_whoever_does_not_run_the_store_sees_no_such_product(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let hat = shop.product("모자", &[("하나", 1_000, 5)]).await;
        let admin = shop.admin().await;
        let path = address(&admin, &shirt).await;
        upload(&shop, &path, red(ImageFormat::Png)).await;
        let before = shop.contents().await;
        for stranger in [shop.member_named("mina").await, merchant(&shop, &hat).await] {
            let payload = ask(&stranger, &shirt).await;
            assert_eq!(refusal(&payload), ("NOT_FOUND", "productId".into()), "{payload:#}");
            assert_eq!(payload["upload"], Value::Null);
        }
        let owner = merchant(&shop, &shirt).await;
        let input = json!({ "input": { "productId": "product_" } });
        let payload = owner.run(ASK, input).await["createPictureUpload"].clone();
        assert_eq!(refusal(&payload).0, "INVALID_INPUT");
        let after = shop.contents().await;
        assert_eq!(after.0["product"], before.0["product"]);
    }

    async fn a_deleted_product_takes_no_picture(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        let path = address(&merchant, &shirt).await;
        shop.delete_product(&shirt).await;
        let before = shop.contents().await;

        let refused = refused(put(&shop, &path, red(ImageFormat::Png)).await).await;

        assert_eq!(refused, (404, "NOT_FOUND".into()));
        assert_eq!(refusal(&ask(&merchant, &shirt).await).0, "NOT_FOUND");
        shop.contents().await.assert_same(&before);
    }

    async fn what_is_no_picture_is_not_taken_whatever_it_says_it_is(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let merchant = merchant(&shop, &shirt).await;
        let path = address(&merchant, &shirt).await;
        let before = shop.contents().await;
        let whole = |format| picture(300, 300, [1, 2, 3], format);
        let cut = |format| {
            let whole = whole(format);
            whole[..whole.len() - 20].to_vec()
        };
        let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let bomb = {
            let grey: DynamicImage = ImageBuffer::from_pixel(7_100, 7_100, image::Luma([0_u8])).into();
            let mut bytes = std::io::Cursor::new(Vec::new());
            grey.write_to(&mut bytes, ImageFormat::Png).expect("a picture");
            bytes.into_inner()
        };
        assert!(bomb.len() < PICTURE_BYTES_MAX as usize, "a bomb is small");
        for (bytes, status, code) in [
            (Vec::new(), 415, "PICTURE_FORMAT_UNSUPPORTED"),
            (b"hello".to_vec(), 415, "PICTURE_FORMAT_UNSUPPORTED"),
            (svg.as_bytes().to_vec(), 415, "PICTURE_FORMAT_UNSUPPORTED"),
            (b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), 415, "PICTURE_FORMAT_UNSUPPORTED"),
            (cut(ImageFormat::Png), 422, "PICTURE_UNREADABLE"),
            (cut(ImageFormat::Jpeg), 422, "PICTURE_UNREADABLE"),
            (cut(ImageFormat::WebP), 422, "PICTURE_UNREADABLE"),
            (whole(ImageFormat::Png)[..8].to_vec(), 422, "PICTURE_UNREADABLE"),
            (bomb, 422, "PICTURE_TOO_MANY_PIXELS"),
            (vec![0; PICTURE_BYTES_MAX as usize + 1], 413, "PICTURE_TOO_LARGE"),
        ] {
            let named = request(&shop, Method::PUT, &path)
                .header(header::CONTENT_TYPE, "image/png")
                .header(header::CONTENT_DISPOSITION, "attachment; filename=shirt.png");
            let response = named.body(bytes).send().await.expect("an answer");
            assert_eq!(refused(response).await, (status, code.into()));
        }
        shop.contents().await.assert_same(&before);
        let mut full = whole(ImageFormat::Png);
        full.resize(PICTURE_BYTES_MAX as usize, 0);
        upload(&shop, &path, full).await;
    }

    async fn a_picture_that_does_not_say_how_large_it_is_is_measured_as_it_comes(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let before = shop.contents().await;
        let mut line = TcpStream::connect(shop.address()).await.expect("a connection");
        let head = format!("PUT {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n");
        line.write_all(head.as_bytes()).await.expect("sent");
        let chunk = [b"10000\r\n".to_vec(), vec![7; 0x1_0000], b"\r\n".to_vec()].concat();
        for _ in 0..10 {
            line.write_all(&chunk).await.expect("sent");
        }
        line.write_all(b"0\r\n\r\n").await.expect("sent");
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("PICTURE_TOO_LARGE") && answer.contains("512 KiB"), "{answer}");
        shop.contents().await.assert_same(&before);
    }

    async fn who_asks_before_sending_too_much_is_told_at_once(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let mut line = TcpStream::connect(shop.address()).await.expect("a connection");
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            PICTURE_BYTES_MAX + 1
        );
        line.write_all(head.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }

    async fn an_address_is_good_for_a_quarter_of_an_hour(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        shop.advance(Duration::from_secs(15 * 60 - 1));
        upload(&shop, &path, red(ImageFormat::Png)).await;
        shop.advance(Duration::from_secs(1));
        let before = shop.contents().await;

        let refused = refused(put(&shop, &path, red(ImageFormat::Jpeg)).await).await;

        assert_eq!(refused, (403, "UPLOAD_URL_EXPIRED".into()));
        shop.contents().await.assert_same(&before);
    }

    async fn an_address_is_good_for_its_product_and_as_it_was_given_alone(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let hat = shop.product("모자", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let (bare, query) = path.split_once('?').expect("a query");
        let (expires, signature) = query.split_once('&').expect("two parts");
        let (front, last) = path.split_at(path.len() - 1);
        let before = shop.contents().await;
        for forged in [
            path.replace(&shirt.id.to_string(), &hat.id.to_string()),
            path.replace(&shirt.id.to_string(), "product_"),
            path.replace("expires=1", "expires=2"),
            format!("{front}{}", if last == "A" { "E" } else { "A" }),
            format!("{bare}?{signature}&expires=never"),
            format!("{bare}?{expires}"),
            format!("{bare}?{expires}&signature="),
            bare.to_owned(),
        ] {
            let refused = refused(put(&shop, &forged, red(ImageFormat::Png)).await).await;
            assert_eq!(refused, (403, "UPLOAD_URL_INVALID".into()), "{forged}");
        }
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let sent = request(&shop, method, &path).body("x").send().await;
            assert_eq!(sent.expect("an answer").status(), 405, "no form sends a picture");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn why_a_picture_is_not_taken_is_told_in_the_language_of_whoever_asks(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let asked = request(&shop, Method::PUT, &path).header(header::ACCEPT_LANGUAGE, "ko");
        let response = asked.body("hello").send().await.expect("an answer");
        assert_eq!(header_of(&response, "content-language"), "ko");
        let body = response.json::<Value>().await.expect("JSON");
        assert_eq!(body["message"], "PNG, JPEG, WebP 사진만 올릴 수 있어요.");
    }

    async fn a_picture_is_kept_by_browsers_for_good_and_runs_nothing(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let url = upload(&shop, &path, red(ImageFormat::Png)).await;
        let shown = get(&shop, &url).await;
        assert_eq!(header_of(&shown, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header_of(&shown, "x-content-type-options"), "nosniff");
        assert_eq!(header_of(&shown, "content-security-policy"), "default-src 'none'");
        assert!(!shown.headers().contains_key("access-control-allow-origin"));
        let tag = header_of(&shown, "etag").to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}")] {
            let again = request(&shop, Method::GET, &url).header(header::IF_NONE_MATCH, known);
            let again = again.send().await.expect("an answer");
            assert_eq!((again.status().as_u16(), header_of(&again, "etag")), (304, &*tag));
            assert!(again.bytes().await.expect("a body").is_empty());
        }
        let other = request(&shop, Method::GET, &url).header(header::IF_NONE_MATCH, "\"other\"");
        assert_eq!(other.send().await.expect("an answer").status(), 200);
        let head = request(&shop, Method::HEAD, &url).send().await.expect("an answer");
        assert_eq!((head.status().as_u16(), header_of(&head, "content-type")), (200, "image/jpeg"));
    }

    async fn a_picture_that_nobody_uploaded_is_not_there(shop: Shop) {
        let nobodys = format!("{}-400.jpg", "0".repeat(32));
        for name in [nobodys.as_str(), "x.jpg", "..%2fshop.db", "a%00b"] {
            assert_eq!(get(&shop, &format!("/pictures/{name}")).await.status(), 404, "{name}");
        }
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        upload(&shop, &path, red(ImageFormat::Png)).await;
        assert_eq!(get(&shop, &format!("/pictures/{nobodys}")).await.status(), 404);
    }

    async fn of_pictures_that_come_at_once_one_is_the_product_s_and_both_are_there(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let uploads = (0..8).map(|shade| {
            upload(&shop, &path, picture(500, 500, [shade * 30, 0, 0], ImageFormat::Png))
        });
        let urls = futures_util::future::join_all(uploads).await;
        let shown = image_url(&shop, &shirt, "").await;
        assert!(urls.iter().any(|url| shown == **url), "{shown}");
        for url in urls {
            assert_eq!(get(&shop, &url).await.status(), 200);
        }
    }

    async fn when_as_many_upload_as_can_the_next_is_told_to_come_again(shop: Shop) {
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let before = shop.contents().await;
        let head = format!("PUT {path} HTTP/1.1\r\nhost: shop\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n");
        let mut lines = Vec::new();
        for _ in 0..16 {
            let mut line = TcpStream::connect(shop.address()).await.expect("a connection");
            line.write_all(head.as_bytes()).await.expect("sent");
            let mut answer = [0; 25];
            line.read_exact(&mut answer).await.expect("it is waited for");
            assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
            lines.push(line);
        }
        let response = put(&shop, &path, red(ImageFormat::Png)).await;
        assert_eq!(header_of(&response, "retry-after"), "2");
        assert_eq!(refused(response).await, (503, "OVERLOADED".into()));
        shop.contents().await.assert_same(&before);

        // One of them goes on; its place is free once it is answered.
        let mut line = lines.pop().expect("a line");
        line.write_all(b"no a pict").await.expect("sent");
        let mut answer = [0; 12];
        line.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 415");
        upload(&shop, &path, red(ImageFormat::Png)).await;
    }

    async fn a_picture_that_cannot_be_kept_leaves_the_product_as_it_was(database: Database) {
        let file = NamedTempFile::new().expect("a file");
        let storage = Storage::Folder(file.path().join("pictures"));
        let shop = Shop::open_keeping(database.create().await, Some(storage)).await;
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let before = shop.contents().await;

        let response = put(&shop, &path, red(ImageFormat::Png)).await;

        let body = response.text().await.expect("text");
        let told = serde_json::from_str::<Value>(&body).expect("JSON");
        assert_eq!(told["code"], "INTERNAL");
        assert!(!body.contains(&*file.path().to_string_lossy()), "{body}");
        shop.contents().await.assert_same(&before);
    }

    async fn a_shop_without_a_place_for_pictures_says_so(database: Database) {
        let shop = Shop::open_keeping(database.create().await, None).await;
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let payload = ask(&merchant(&shop, &shirt).await, &shirt).await;
        assert_eq!(refusal(&payload).0, "PICTURES_UNAVAILABLE");
        let nobodys = format!("/pictures/{}-400.jpg", "0".repeat(32));
        assert_eq!(get(&shop, &nobodys).await.status(), 404);
    }

    async fn servers_that_share_a_folder_share_its_pictures(database: Database) {
        let folder = TempDir::new().expect("a temporary folder");
        let storage = || Some(Storage::Folder(folder.path().to_owned()));
        let here = Shop::open_keeping(database.create().await, storage()).await;
        let there = Shop::open_keeping(here.database.again(), storage()).await;
        let shirt = here.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&here, &shirt).await, &shirt).await;
        let url = upload(&there, &path, red(ImageFormat::Png)).await;
        assert_eq!(get(&here, &url).await.status(), 200);
        let names = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 2, "a file for each width, and nothing half-written");
    }
}
