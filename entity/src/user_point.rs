//! A member's purse of points.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{MemberId, UserPointId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_point")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserPointId,
    #[sea_orm(unique)]
    pub member_id: MemberId,
    pub balance: Won,
    /// The sequence of the newest entry; 0 before the first.
    pub last_sequence: i64,
    #[sea_orm(belongs_to, from = "member_id", to = "id")]
    pub member: BelongsTo<super::member::Entity>,
    #[sea_orm(has_many)]
    pub entries: HasMany<super::point_entry::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
