use std::path::PathBuf;

use clap::Args;

use super::{
    Pictures,
    storage::{Bucket, Storage},
};
use crate::config::{DatabaseSettings, Secret};

/// Where pictures are kept, and how large they may be.
#[derive(Args, Clone, Debug)]
pub struct PictureSettings {
    /// Where products' pictures are kept: a folder, or `s3://bucket/prefix`. On SQLite a folder beside the file unless
    /// told. On PostgreSQL, where instances share the pictures, no picture can be uploaded unless told: a bucket, or a
    /// folder that all of them see.
    #[arg(long, env = "PICTURE_STORE", value_name = "FOLDER|URL")]
    pub picture_store: Option<String>,

    /// The largest picture that can be uploaded, in bytes: phones' have 2 to 8 MiB.
    #[arg(long, env = "PICTURE_BYTES_MAX", default_value_t = 10 * 1024 * 1024, value_parser = clap::value_parser!(i32).range(1024..=64 * 1024 * 1024))]
    pub picture_bytes_max: i32,

    /// Where the bucket's S3 is, unless it is Amazon's.
    #[arg(long, env = "S3_ENDPOINT", value_name = "URL")]
    pub s3_endpoint: Option<String>,

    /// The bucket's region.
    #[arg(long, env = "S3_REGION", default_value = "ap-northeast-2")]
    pub s3_region: String,

    /// The key to the bucket. Without it the server takes what Amazon's own variables and the machine's role give.
    #[arg(long, env = "S3_ACCESS_KEY_ID")]
    pub s3_access_key_id: Option<String>,

    /// The key's secret.
    #[arg(long, env = "S3_SECRET_ACCESS_KEY", hide_env_values = true)]
    pub s3_secret_access_key: Option<Secret>,
}

/// Why pictures cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum WrongPictures {
    #[error("PICTURE_STORE: {0} is neither a folder nor s3://bucket/prefix")]
    Scheme(String),
    #[error("PICTURE_STORE: s3://bucket/prefix must name a bucket")]
    NoBucket,
    #[error("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are given together or not at all")]
    Partly,
    #[error("PICTURE_STORE or S3_ENDPOINT: {0}")]
    Bucket(#[from] object_store::Error),
}

impl PictureSettings {
    /// The pictures of a shop with this database and secret.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn open(
        &self,
        database: &DatabaseSettings,
        secret: &Secret,
    ) -> Result<Pictures, WrongPictures> {
        let storage = match &self.picture_store {
            Some(store) => Some(self.storage(store)?),
            None => database
                .sqlite_file()
                .map(|file| Storage::Folder(file.with_extension("pictures"))),
        };
        Ok(Pictures::new(storage, secret, self.picture_bytes_max))
    }

    fn storage(&self, store: &str) -> Result<Storage, WrongPictures> {
        let keys = match (&self.s3_access_key_id, &self.s3_secret_access_key) {
            (None, None) => None,
            (Some(id), Some(secret)) => Some((id.clone(), secret.clone())),
            _ => return Err(WrongPictures::Partly),
        };
        let Some(bucket) = store.strip_prefix("s3://") else {
            if store.contains("://") {
                return Err(WrongPictures::Scheme(store.to_owned()));
            }
            return Ok(Storage::Folder(PathBuf::from(store)));
        };
        let (name, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        if name.is_empty() {
            return Err(WrongPictures::NoBucket);
        }
        Ok(Storage::bucket(Bucket {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            region: self.s3_region.clone(),
            endpoint: self.s3_endpoint.clone(),
            keys,
        })?)
    }
}
