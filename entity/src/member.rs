//! People who sign in: buyers, merchants, admins.

use sea_orm::entity::prelude::*;

use crate::id::MemberId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberId,
    /// The name used to sign in, in lower case.
    #[sea_orm(unique)]
    pub user_id: String,
    pub nickname: String,
    pub role: Role,
    /// In PHC string format, argon2id.
    pub password_hash: String,
    pub created_at: DateTimeUtc,
    #[sea_orm(has_one)]
    pub user_point: HasOne<super::user_point::Entity>,
    #[sea_orm(has_one)]
    pub cart: HasOne<super::cart::Entity>,
    #[sea_orm(has_one)]
    pub store: HasOne<super::store::Entity>,
    #[sea_orm(has_many)]
    pub sessions: HasMany<super::session::Entity>,
    #[sea_orm(has_many)]
    pub orders: HasMany<super::order::Entity>,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum Role {
    Member,
    Merchant,
    Admin,
}

impl ActiveModelBehavior for ActiveModel {}
