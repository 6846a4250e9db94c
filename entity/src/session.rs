//! Sign-ins. All refresh tokens that descend from one sign-in belong to one session.

use sea_orm::entity::prelude::*;

use crate::id::{MemberId, SessionId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub member_id: MemberId,
    pub created_at: DateTimeUtc,
    /// Once set, none of its refresh tokens is worth anything.
    pub ended_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "member_id", to = "id")]
    pub member: BelongsTo<super::member::Entity>,
    #[sea_orm(has_many)]
    pub refresh_tokens: HasMany<super::refresh_token::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
