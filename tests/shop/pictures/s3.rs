//! Pictures in a bucket: an S3 in this process, which checks signatures, and keeps its objects in a folder.

use std::{fs, net::SocketAddr};

use axum::{Router, extract::Request, response::IntoResponse};
use image::ImageFormat;
use jangteo::{
    config::Secret,
    picture::storage::{Bucket, Storage},
};
use s3s::{Body, auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{address, get, header_of, image_url, merchant, put, red, refused, upload};
use crate::support::{Database, Shop};

const KEY: &str = "AKIAEXAMPLE";
const KEY_SECRET: &str = "a secret of the bucket's";
const BUCKET: &str = "market";

/// An S3 with one bucket; gone when dropped.
struct S3 {
    folder: TempDir,
    address: SocketAddr,
}

impl S3 {
    async fn open() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let files = FileSystem::new(folder.path()).expect("a file system");
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(KEY, KEY_SECRET));
        let service = builder.build();
        let answer = async move |request: Request| {
            let answered = service.call(request.map(Body::http_body_unsync)).await;
            answered.map_or_else(
                |error| panic!("S3 failed: {error:?}"),
                IntoResponse::into_response,
            )
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = axum::serve(listener, Router::new().fallback(answer));
        tokio::spawn(serving.into_future());
        Self { folder, address }
    }

    fn storage(&self, secret: &str) -> Storage {
        let bucket = Bucket {
            name: BUCKET.into(),
            prefix: "pictures/shop".into(),
            region: "ap-northeast-2".into(),
            endpoint: Some(format!("http://{}", self.address)),
            keys: Some((KEY.into(), Secret::new(secret))),
        };
        Storage::bucket(bucket).expect("a bucket")
    }
}

both! {
    async fn pictures_are_kept_in_a_bucket_and_shown_from_there(database: Database) {
        let s3 = S3::open().await;
        let here = Shop::open_keeping(database.create().await, Some(s3.storage(KEY_SECRET))).await;
        let there = Shop::open_keeping(here.database.again(), Some(s3.storage(KEY_SECRET))).await;
        let shirt = here.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&here, &shirt).await, &shirt).await;

        let url = upload(&here, &path, red(ImageFormat::Png)).await;

        assert_eq!(image_url(&here, &shirt, "").await, url);
        let name = url.strip_prefix("/pictures/").expect("an address");
        let object = s3.folder.path().join(BUCKET).join("pictures/shop").join(name);
        let object = fs::read(object).expect("it is in the bucket");
        let small = image_url(&there, &shirt, "(width: 1)").await;
        for (server, url) in [(&here, &*url), (&there, &*url), (&there, small.as_str().expect("an address"))] {
            let shown = get(server, url).await;
            assert_eq!(shown.status(), 200);
            assert_eq!(header_of(&shown, "content-type"), "image/jpeg");
            let bytes = shown.bytes().await.expect("a body");
            assert_eq!(bytes == object, !url.contains("-400."));
        }
        let nobodys = format!("/pictures/{}-400.jpg", "0".repeat(32));
        assert_eq!(get(&here, &nobodys).await.status(), 404);
    }

    async fn a_bucket_that_does_not_let_the_server_in_takes_no_picture(database: Database) {
        let s3 = S3::open().await;
        let shop = Shop::open_keeping(database.create().await, Some(s3.storage("another secret"))).await;
        let shirt = shop.product("셔츠", &[("하나", 1_000, 5)]).await;
        let path = address(&merchant(&shop, &shirt).await, &shirt).await;
        let before = shop.contents().await;

        let response = put(&shop, &path, red(ImageFormat::Png)).await;

        assert_eq!(refused(response).await, (500, "INTERNAL".into()));
        shop.contents().await.assert_same(&before);
        assert_eq!(image_url(&shop, &shirt, "").await, Value::Null);
        let nobodys = format!("/pictures/{}-400.jpg", "0".repeat(32));
        assert_eq!(refused(get(&shop, &nobodys).await).await, (500, "INTERNAL".into()));
    }
}
