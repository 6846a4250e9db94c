use super::{
    permission::NoPermission,
    rendering::{MEGAPIXELS_MAX, Unfit},
};
use crate::text::{Message, message};

/// Why an upload changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadRefusal {
    /// The address is not one that the shop gave.
    Forged,
    Expired,
    /// The product was deleted meanwhile.
    NoSuchProduct,
    TooLarge {
        bytes_max: i32,
    },
    /// It did not come to its end, or not in time.
    Incomplete,
    Format,
    Broken,
    TooManyPixels,
    /// Others upload at the moment, as many as can.
    Busy,
}

impl UploadRefusal {
    /// What is wrong, for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Forged => "UPLOAD_URL_INVALID",
            Self::Expired => "UPLOAD_URL_EXPIRED",
            Self::NoSuchProduct => "NOT_FOUND",
            Self::TooLarge { .. } => "PICTURE_TOO_LARGE",
            Self::Incomplete => "PICTURE_INCOMPLETE",
            Self::Format => "PICTURE_FORMAT_UNSUPPORTED",
            Self::Broken => "PICTURE_UNREADABLE",
            Self::TooManyPixels => "PICTURE_TOO_MANY_PIXELS",
            Self::Busy => "OVERLOADED",
        }
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(self) -> Message {
        match self {
            Self::Forged => message!("picture-url-invalid"),
            Self::Expired => message!("picture-url-expired"),
            Self::NoSuchProduct => message!("picture-product-not-found"),
            Self::TooLarge { bytes_max } => {
                message!("picture-too-large", max = kibibytes(bytes_max))
            }
            Self::Incomplete => message!("picture-incomplete"),
            Self::Format => message!("picture-format-unsupported"),
            Self::Broken => message!("picture-unreadable"),
            Self::TooManyPixels => {
                message!("picture-too-many-pixels", max = i64::from(MEGAPIXELS_MAX))
            }
            Self::Busy => message!("picture-busy"),
        }
    }
}

fn kibibytes(bytes: i32) -> i32 {
    bytes / 1024
}

impl From<NoPermission> for UploadRefusal {
    fn from(wrong: NoPermission) -> Self {
        match wrong {
            NoPermission::Forged => Self::Forged,
            NoPermission::Expired => Self::Expired,
        }
    }
}

impl From<Unfit> for UploadRefusal {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Format => Self::Format,
            Unfit::Broken => Self::Broken,
            Unfit::TooManyPixels => Self::TooManyPixels,
        }
    }
}
