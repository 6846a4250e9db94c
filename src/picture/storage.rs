//! Where pictures' files are: in a folder, or in a bucket of whatever speaks S3.

use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

use object_store::{
    Attribute, Attributes, ClientOptions, Error, GetResult, ObjectStore, ObjectStoreExt,
    PutOptions, PutPayload, Result, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    local::LocalFileSystem,
    path::Path,
};

use super::address::PictureFile;
use crate::config::Secret;

/// What a file may be told to browsers by whatever serves it: it never changes.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// How long a bucket may take for one request, and for it and its repetitions.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
const REPEATED_WITHIN: Duration = Duration::from_secs(20);
const REPETITIONS_MAX: usize = 3;

/// Where pictures' files are.
#[derive(Clone, Debug)]
pub enum Storage {
    /// A folder, which is made when the first picture comes.
    Folder(PathBuf),
    Bucket {
        store: Arc<AmazonS3>,
        /// What the names of all files begin with.
        prefix: Path,
    },
}

/// A bucket and how to get into it.
#[derive(Clone, Debug)]
pub struct Bucket {
    pub name: String,
    pub prefix: String,
    pub region: String,
    /// Where it is, unless it is at Amazon.
    pub endpoint: Option<String>,
    /// The keys; without them, whatever Amazon's own variables and the machine's role give.
    pub keys: Option<(String, Secret)>,
}

impl Storage {
    /// A bucket's storage. Nobody is asked yet.
    ///
    /// # Errors
    /// When a setting is none that S3 knows.
    pub fn bucket(bucket: Bucket) -> Result<Self> {
        let retries = RetryConfig {
            max_retries: REPETITIONS_MAX,
            retry_timeout: REPEATED_WITHIN,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket.name)
            .with_region(bucket.region)
            .with_retry(retries)
            .with_client_options(ClientOptions::new().with_timeout(REQUEST_WITHIN));
        if let Some(endpoint) = bucket.endpoint {
            // Requests are signed, so who listens learns no key; what is in them, everybody may see.
            builder = builder
                .with_allow_http(endpoint.starts_with("http://"))
                .with_endpoint(endpoint);
        }
        if let Some((id, secret)) = bucket.keys {
            builder = builder
                .with_access_key_id(id)
                .with_secret_access_key(String::from_utf8_lossy(secret.bytes()));
        }
        Ok(Self::Bucket {
            store: Arc::new(builder.build()?),
            prefix: Path::parse(bucket.prefix)?,
        })
    }

    /// Keeps a file, whole or not at all, so that it outlives a crash. One that is there already is the same.
    pub async fn put(&self, file: PictureFile, bytes: Vec<u8>) -> Result<()> {
        let bytes = PutPayload::from(bytes);
        match self {
            Self::Folder(folder) => {
                fs::create_dir_all(folder).map_err(|error| local(error.into()))?;
                let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
                store.put(&Path::from(file.to_string()), bytes).await?;
            }
            Self::Bucket { store, prefix } => {
                // For who serves the bucket's files to browsers by themselves.
                let mut attributes = Attributes::new();
                attributes.insert(Attribute::ContentType, file.kind().content_type().into());
                attributes.insert(Attribute::CacheControl, CACHE_CONTROL.into());
                let options = PutOptions {
                    attributes,
                    ..PutOptions::default()
                };
                let name = prefix.clone().join(file.to_string());
                store.put_opts(&name, bytes, options).await?;
            }
        }
        Ok(())
    }

    /// A file, if it is there.
    pub async fn get(&self, file: PictureFile) -> Result<Option<GetResult>> {
        let found = match self {
            Self::Folder(folder) if !folder.exists() => return Ok(None),
            Self::Folder(folder) => {
                let store = LocalFileSystem::new_with_prefix(folder)?;
                store.get(&Path::from(file.to_string())).await
            }
            Self::Bucket { store, prefix } => {
                store.get(&prefix.clone().join(file.to_string())).await
            }
        };
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn local(error: Box<io::Error>) -> Error {
    Error::Generic {
        store: "folder",
        source: error,
    }
}
