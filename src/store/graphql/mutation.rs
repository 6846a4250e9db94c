//! What merchants do with their stores.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{id::StoreId, store};

use super::Store;
use crate::{
    fault::{Failure, Outcome},
    graphql::{ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode, settle},
    store::{Refusal, Settings, set_store_open, update_store},
    text::message,
};

/// Which store to open or close.
#[derive(InputObject)]
pub struct SetStoreOpenInput {
    /// The store; begins with `store_`.
    store_id: ID,
    /// Whether its products can be ordered from now on.
    is_open: bool,
}

/// What is to be different about a store; what is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateStoreInput {
    /// The store; begins with `store_`.
    store_id: ID,
    /// What it is called: 1 to 50 characters, any letters.
    name: Option<String>,
    /// How many minutes it has to accept an order, 1 to 1,440: for the orders that come from now on.
    accept_minutes: Option<i32>,
}

macro_rules! store_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The store as it is now; null if there are user errors.
            store: Option<Store>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(outcome: Outcome<store::Model, UserError>) -> Result<Self, ApiError> {
                let (store, user_errors) = settle(outcome)?;
                Ok(Self { store: store.map(Store), user_errors })
            }
        }
    )+};
}

store_payloads! {
    /// What opening or closing a store gives.
    SetStoreOpenPayload
    /// What changing a store's settings gives.
    UpdateStorePayload
}

#[derive(Default)]
pub struct StoreMutation;

#[Object]
impl StoreMutation {
    /// Opens or closes your store. While it is closed its products can be looked at but not ordered, and no time runs
    /// for the orders that it has not accepted yet; when it opens, they have all of their time once more.
    async fn set_store_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which store to open or close.")] input: SetStoreOpenInput,
    ) -> Result<Option<SetStoreOpenPayload>, ApiError> {
        let caller = ctx.caller()?;
        let set = async || {
            let id = store_id(&input.store_id)?;
            let store = set_store_open(ctx.app(), &caller, id, input.is_open).await;
            store.map_err(|failure| failure.map_refusal(told))
        };
        SetStoreOpenPayload::of(set().await).map(Some)
    }

    /// Changes your store's settings.
    async fn update_store(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] input: UpdateStoreInput,
    ) -> Result<Option<UpdateStorePayload>, ApiError> {
        let caller = ctx.caller()?;
        let update = async || {
            let id = store_id(&input.store_id)?;
            let settings = Settings {
                name: input.name,
                accept_minutes: input.accept_minutes,
            };
            let store = update_store(ctx.app(), &caller, id, settings).await;
            store.map_err(|failure| failure.map_refusal(told))
        };
        UpdateStorePayload::of(update().await).map(Some)
    }
}

fn store_id(id: &ID) -> Result<StoreId, Failure<UserError>> {
    id.parse_input(&["storeId"])
        .map_err(|error| Failure::Refused(error.into()))
}

fn told(refusal: Refusal) -> UserError {
    let error = match refusal {
        Refusal::NoSuchStore => {
            InputError::new(UserErrorCode::NotFound, message!("store-not-found")).at(&["storeId"])
        }
        Refusal::Invalid { field, message } => InputError::invalid(message, &[field]),
    };
    error.into()
}
