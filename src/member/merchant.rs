//! Becoming a merchant: somebody who signs in, their store, and the store's wallet are three things, made together or
//! not at all.

use entity::{member, member::Role, store};
use scoped_futures::ScopedFutureExt;

use super::{InvalidField, NewMember, NewSession, SignUpRefusal, SignedIn, insert_signed_in, made};
use crate::{
    app::App,
    db::Transaction,
    fault::{Failure, Outcome},
    store::{StoreRows, checked_name},
};

/// Makes a member with role MERCHANT, whose store is closed at first, and signs them in.
pub async fn register_merchant(
    app: &App,
    new: NewMember,
    store_name: &str,
) -> Outcome<(SignedIn, store::Model), SignUpRefusal> {
    let store_name = checked_name(store_name).map_err(|message| {
        let field = "storeName";
        Failure::Refused(SignUpRefusal::Invalid(InvalidField { field, message }))
    })?;
    let member = made(app, new, Role::Merchant).await?;
    let session = NewSession::of(app, member.id);
    let now = member.created_at;
    let store = StoreRows::new(member.id, store_name, false, now, &mut rand::rng());
    app.db
        .transaction(|tx| insert_merchant(tx, &member, &session, &store).scope_boxed())
        .await?;
    Ok((session.signed_in(app, member)?, store.store))
}

async fn insert_merchant(
    tx: &Transaction,
    member: &member::Model,
    session: &NewSession,
    store: &StoreRows,
) -> Outcome<(), SignUpRefusal> {
    insert_signed_in(tx, member, session).await?;
    Ok(store.insert(tx).await?)
}
