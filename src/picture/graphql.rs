use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::ProductId;

use super::{Permission, Refusal, permit};
use crate::{
    graphql::{ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode, settle},
    text::message,
};

/// The input's field.
const PRODUCT: &str = "productId";

/// Whose picture is to be uploaded.
#[derive(InputObject)]
pub struct CreatePictureUploadInput {
    /// The product, of a store that you run; begins with `product_`.
    product_id: ID,
}

/// What asking to upload a picture gives.
#[derive(SimpleObject)]
pub struct CreatePictureUploadPayload {
    /// Where to upload it; null if there are user errors.
    upload: Option<PictureUpload>,
    /// Why nothing can be uploaded; empty on success.
    user_errors: Vec<UserError>,
}

/// Where to upload a picture. Send its bytes, PNG, JPEG or WebP, as the body of one request, without a token. The answer
/// is JSON: `imageUrl`, or a `code` and a `message`. The product shows the picture from then on; the last upload counts.
#[derive(SimpleObject)]
pub struct PictureUpload {
    /// The address, relative to the server.
    upload_url: String,
    /// How to send it.
    method: UploadMethod,
    /// Until when it must have begun.
    expires_at: DateTime<Utc>,
    /// The most bytes that it may have.
    max_bytes: i32,
}

/// How an upload is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UploadMethod {
    /// By HTTP PUT.
    Put,
}

#[derive(Default)]
pub struct PictureMutation;

#[Object]
impl PictureMutation {
    /// Asks where to upload a product's picture, if you run its store or are an admin. Changes nothing yet.
    async fn create_picture_upload(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose picture it is.")] input: CreatePictureUploadInput,
    ) -> Result<Option<CreatePictureUploadPayload>, ApiError> {
        let caller = ctx.caller()?;
        let (permission, user_errors) = match input.product_id.parse_input::<ProductId>(&[PRODUCT])
        {
            Ok(id) => {
                let outcome = permit(ctx.app(), &caller, id).await;
                settle(outcome.map_err(|failure| failure.map_refusal(told)))?
            }
            Err(error) => (None, vec![error.into()]),
        };
        Ok(Some(CreatePictureUploadPayload {
            upload: permission.map(PictureUpload::from),
            user_errors,
        }))
    }
}

impl From<Permission> for PictureUpload {
    fn from(permission: Permission) -> Self {
        Self {
            upload_url: permission.url,
            method: UploadMethod::Put,
            expires_at: permission.expires_at,
            max_bytes: permission.bytes_max,
        }
    }
}

fn told(refusal: Refusal) -> InputError {
    match refusal {
        Refusal::NoSuchProduct => InputError::new(
            UserErrorCode::NotFound,
            message!("picture-product-not-found"),
        )
        .at(&[PRODUCT]),
        Refusal::NoStorage => InputError::new(
            UserErrorCode::PicturesUnavailable,
            message!("picture-unavailable"),
        ),
    }
}
