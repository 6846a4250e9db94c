//! Products' pictures: whoever runs a product's store asks for an address, and puts the picture there.
//!
//! # Why an address of its own
//!
//! The GraphQL endpoint takes nothing but JSON. A picture in a form would be a second kind of request there, one that any
//! page can make a browser send, and would have to be let through at forty times the size of every other. So GraphQL says
//! who may upload what, in an address that is signed and soon expires, and the address takes the bytes as they are, by
//! PUT, which no form can send. It needs no token, so a merchant's program can hand it to whatever has the picture.
//!
//! # What is kept
//!
//! Never what came, but pictures drawn anew from it, in a few widths: [`rendering`]. Their names are made of what is in
//! them, so a name's content never changes, browsers keep it for good, and products with the same picture share its
//! files. Nothing deletes a file: orders, caches and other products may show it, and a shop's disk is larger than its
//! pictures.
//!
//! The files are written before the product names them. A server that dies between the two leaves files that nothing
//! shows, and that the next try finds to be there. Instances share the pictures, in a bucket or in a folder that all of
//! them see: [`storage`].

pub mod address;
pub mod graphql;
mod jpeg;
pub mod permission;
pub mod refusal;
pub mod rendering;
pub mod settings;
pub mod storage;
mod store;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, SubsecRound, Utc};
use entity::id::ProductId;
use object_store::GetResult;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

use crate::{
    app::App,
    config::Secret,
    fault::{Failure, Fault, Outcome},
    graphql::Caller,
};

use self::{
    address::{PictureFile, WIDTHS},
    permission::Signer,
    rendering::{Rendering, render},
    storage::Storage,
};

pub use refusal::UploadRefusal;
pub use settings::{PictureSettings, WrongPictures};

/// How long an address for an upload is good for: until somebody has found the picture on their disk.
const PERMITTED_FOR: Duration = Duration::from_mins(15);

/// How many uploads are received at once: each takes as much memory as a picture may have bytes.
const RECEIVED_AT_ONCE: usize = 16;

/// How many pictures are drawn at once: each takes a processor, and up to 512 MiB.
const DRAWN_AT_ONCE: usize = 2;

/// What keeps pictures and permits uploads.
#[derive(Clone, Debug)]
pub struct Pictures {
    storage: Option<Storage>,
    signer: Signer,
    /// The largest picture, in bytes.
    pub bytes_max: i32,
    receiving: Arc<Semaphore>,
    drawing: Arc<Semaphore>,
}

/// A permission to upload a picture of a product.
#[derive(Clone, Debug)]
pub struct Permission {
    pub url: String,
    pub expires_at: DateTime<Utc>,
    pub bytes_max: i32,
}

/// Why nobody is permitted to upload a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none, it is somebody else's, or it is deleted.
    NoSuchProduct,
    /// The server has no place for pictures.
    NoStorage,
}

impl Pictures {
    /// Pictures in a storage, if there is one.
    #[must_use]
    pub fn new(storage: Option<Storage>, secret: &Secret, bytes_max: i32) -> Self {
        Self {
            storage,
            signer: Signer::new(secret),
            bytes_max,
            receiving: Arc::new(Semaphore::new(RECEIVED_AT_ONCE)),
            drawing: Arc::new(Semaphore::new(DRAWN_AT_ONCE)),
        }
    }

    /// No pictures, for a shop without doors.
    #[must_use]
    pub fn none(secret: &Secret) -> Self {
        Self::new(None, secret, 0)
    }

    /// A file of a picture, if it is there.
    ///
    /// # Errors
    /// When its storage does not answer.
    pub async fn get(&self, file: PictureFile) -> Result<Option<GetResult>, Fault> {
        match &self.storage {
            Some(storage) => storage.get(file).await.map_err(Fault::internal),
            None => Ok(None),
        }
    }

    /// Room to receive one upload, until it is dropped.
    fn room(&self) -> Option<OwnedSemaphorePermit> {
        self.receiving.clone().try_acquire_owned().ok()
    }

    /// The picture as it is kept, drawn where no request waits for the thread.
    async fn draw(
        &self,
        bytes: impl AsRef<[u8]> + Send + 'static,
    ) -> Outcome<Rendering, UploadRefusal> {
        let turn = self.drawing.clone().acquire_owned().await;
        let turn = turn.map_err(Fault::internal)?;
        let drawn = spawn_blocking(move || {
            let drawn = render(bytes.as_ref());
            drop(turn);
            drawn
        });
        match drawn.await {
            Ok(Ok(rendering)) => Ok(rendering),
            Ok(Err(unfit)) => Err(Failure::Refused(unfit.into())),
            // A decoder that met what it cannot be: a picture that nobody else can show either.
            Err(error) if error.is_panic() => {
                tracing::warn!(%error, "a picture broke its decoder");
                Err(Failure::Refused(UploadRefusal::Broken))
            }
            Err(error) => Err(Fault::internal(error).into()),
        }
    }
}

/// Permits the caller, who runs the product's store, to upload a picture of it.
///
/// # Errors
/// Why the caller may not; when the database fails.
pub async fn permit(app: &App, caller: &Caller, id: ProductId) -> Outcome<Permission, Refusal> {
    let store = store::store_of(app.db.reader(), id).await?;
    if !store.is_some_and(|store| caller.may_run(&store)) {
        return Err(Failure::Refused(Refusal::NoSuchProduct));
    }
    let pictures = &app.pictures;
    if pictures.storage.is_none() {
        return Err(Failure::Refused(Refusal::NoStorage));
    }
    let expires_at = (app.clock.now() + PERMITTED_FOR).trunc_subsecs(0);
    let expires = expires_at.timestamp();
    let signature = pictures.signer.sign(id, expires);
    Ok(Permission {
        url: format!("/pictures/upload/{id}?expires={expires}&signature={signature}"),
        expires_at,
        bytes_max: pictures.bytes_max,
    })
}

/// Finds an upload to be permitted, before any of it is received, and makes room for it.
///
/// # Errors
/// Why it is not received; when the database fails.
pub async fn expect(
    app: &App,
    id: ProductId,
    expires: i64,
    signature: &str,
) -> Outcome<OwnedSemaphorePermit, UploadRefusal> {
    let permission = app
        .pictures
        .signer
        .check(id, expires, signature, app.clock.now());
    permission.map_err(|wrong| Failure::Refused(wrong.into()))?;
    if store::store_of(app.db.reader(), id).await?.is_none() {
        return Err(Failure::Refused(UploadRefusal::NoSuchProduct));
    }
    app.pictures
        .room()
        .ok_or(Failure::Refused(UploadRefusal::Busy))
}

/// Gives the product the picture that was uploaded; gives its address. Again with the same picture changes nothing.
///
/// # Errors
/// Why it is not taken; when its storage or the database fails.
pub async fn upload(
    app: &App,
    id: ProductId,
    bytes: impl AsRef<[u8]> + Send + 'static,
) -> Outcome<String, UploadRefusal> {
    let Some(storage) = &app.pictures.storage else {
        return Err(Fault::internal("there is no place for pictures").into());
    };
    let Rendering { kind, files } = app.pictures.draw(bytes).await?;
    let picture = PictureFile::largest(kind, files.iter().map(Vec::as_slice));
    for (width, file) in WIDTHS.into_iter().zip(files) {
        let kept = storage.put(picture.with_width(width), file).await;
        kept.map_err(Fault::internal)?;
    }
    let url = picture.url();
    if store::set_image_url(app.db.writer(), id, &url).await? {
        Ok(url)
    } else {
        Err(Failure::Refused(UploadRefusal::NoSuchProduct))
    }
}
