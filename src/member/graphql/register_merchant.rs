use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::Session;
use crate::{
    graphql::{ApiError, AppContext, UserError, settle},
    member::{self, NewMember},
    store::graphql::Store,
};

/// Who wants to become a merchant, and with what store.
#[derive(InputObject)]
pub struct RegisterMerchantInput {
    /// The name to sign in with: 3 to 32 characters, letters a to z, digits, `.`, `_` and `-`, beginning
    /// with a letter or a digit. Upper and lower case are alike. No two members have the same.
    user_id: String,
    /// 8 to 128 characters.
    password: String,
    /// The name that others see: 1 to 30 characters, any letters. Several members may have the same.
    nickname: String,
    /// What the store is called: 1 to 50 characters, any letters. Several stores may have the same name.
    store_name: String,
}

/// What registering a merchant gives.
#[derive(SimpleObject)]
pub struct RegisterMerchantPayload {
    /// The merchant's session; null if there are user errors.
    session: Option<Session>,
    /// Their store, which is closed; null if there are user errors.
    store: Option<Store>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct RegisterMerchantMutation;

#[Object]
impl RegisterMerchantMutation {
    /// Makes a merchant with a store of their own, and signs them in. The store is closed until `setStoreOpen` opens
    /// it, so that it can be filled first.
    async fn register_merchant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who wants to become a merchant.")] input: RegisterMerchantInput,
    ) -> Result<Option<RegisterMerchantPayload>, ApiError> {
        let RegisterMerchantInput {
            user_id,
            password,
            nickname,
            store_name,
        } = input;
        let new = NewMember {
            user_id,
            password,
            nickname,
        };
        ctx.app().rates.sign_up(ctx.source())?;
        let registered = member::register_merchant(ctx.app(), new, &store_name).await;
        let (registered, user_errors) = settle(registered)?;
        let (session, store) = registered.unzip();
        Ok(Some(RegisterMerchantPayload {
            session: session.map(Session::from),
            store: store.map(Store),
            user_errors,
        }))
    }
}
