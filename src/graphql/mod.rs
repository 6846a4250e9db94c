//! What all slices share in the API: the roots, who calls, errors, loaders, connections, scalars.

pub mod caller;
pub mod connection;
mod counted;
pub mod document;
pub mod error;
mod executor;
pub mod figures;
mod freshness;
mod id;
pub mod loader;
mod mended;
mod message;
mod node;
mod response_nulls;
mod response_order;
mod schema;
mod sdl;
pub mod user_error;
mod validation;
mod variables;
pub mod won;
mod written;

use std::sync::Arc;

use async_graphql::Context;

use crate::{app::App, db::Shelf, rate::Source};

pub use caller::{Caller, Identity};
pub use document::{DocumentLimits, DocumentRules, DocumentSettings, Reference, TrustedDocuments};
pub use error::{ApiError, RequestId};
pub use executor::{Api, Begun, ShopExecutor};
pub use id::{IdArgument, parse_ids};
pub use loader::Loaders;
pub use message::language;
pub use schema::{ShopSchema, build as build_schema};
pub use user_error::{InputError, UserError, UserErrorCode, settle};
pub use written::{Written, was_refused_as_wrong};

/// What every resolver finds in its context.
pub trait AppContext<'c> {
    fn app(&self) -> &'c Arc<App>;
    fn loaders(&self) -> &'c Loaders;
    /// Where the operation reads what may be a little old.
    fn shelf(&self) -> &'c Shelf;
    /// Where the request comes from.
    fn source(&self) -> Source;

    /// Who calls.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a good access token.
    fn caller(&self) -> Result<Caller, ApiError>;
}

impl<'c> AppContext<'c> for Context<'c> {
    fn app(&self) -> &'c Arc<App> {
        self.data_unchecked()
    }

    fn loaders(&self) -> &'c Loaders {
        self.data_unchecked()
    }

    fn shelf(&self) -> &'c Shelf {
        &self.loaders().reader().shelf
    }

    fn source(&self) -> Source {
        self.data_opt().copied().unwrap_or_default()
    }

    fn caller(&self) -> Result<Caller, ApiError> {
        self.data_opt::<Identity>()
            .copied()
            .unwrap_or_default()
            .caller()
    }
}
