use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{
    coupon, coupon_issue,
    id::{CouponId, CouponIssueId, MemberId},
};

use super::Coupon;
use crate::{
    coupon::store::{self, Filter, Place},
    fault::Fault,
    graphql::loader::{ListOf, Reader, asked_alike, keyed},
    paging::Window,
};

impl Loader<CouponId> for Reader {
    type Value = Coupon;
    type Error = Fault;

    async fn load(&self, ids: &[CouponId]) -> Result<HashMap<CouponId, Coupon>, Fault> {
        let coupons = store::by_ids(self.db.reader(), ids).await?;
        Ok(keyed(coupons, |coupon| coupon.id, Coupon))
    }
}

impl Loader<CouponIssueId> for Reader {
    type Value = coupon_issue::Model;
    type Error = Fault;

    async fn load(
        &self,
        ids: &[CouponIssueId],
    ) -> Result<HashMap<CouponIssueId, coupon_issue::Model>, Fault> {
        let issues = store::issues_by_ids(self.db.reader(), ids).await?;
        Ok(keyed(issues, |issue| issue.id, |issue| issue))
    }
}

/// The loader key of a page of a member's coupons.
type PageOf = ListOf<MemberId, (Filter, Window<Place>)>;

impl Loader<PageOf> for Reader {
    type Value = Vec<coupon::Model>;
    type Error = Fault;

    async fn load(&self, keys: &[PageOf]) -> Result<HashMap<PageOf, Self::Value>, Fault> {
        let mut lists = HashMap::new();
        for (asked, ids) in asked_alike(keys) {
            let (filter, window) = asked;
            let rows = store::windows_of_members(self.db.reader(), &ids, filter, window).await?;
            let held = rows
                .into_iter()
                .filter_map(|row| Some((row.member_id?, row)));
            for (member_id, row) in held {
                let key = ListOf {
                    parent: member_id,
                    asked: asked.clone(),
                };
                lists.entry(key).or_insert_with(Vec::new).push(row);
            }
        }
        Ok(lists)
    }
}

impl Loader<ListOf<MemberId, Filter>> for Reader {
    type Value = i64;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<MemberId, Filter>],
    ) -> Result<HashMap<ListOf<MemberId, Filter>, i64>, Fault> {
        let mut counts = HashMap::new();
        for (filter, ids) in asked_alike(keys) {
            let of_members = store::counts_of_members(self.db.reader(), &ids, filter).await?;
            counts.extend(of_members.into_iter().map(|(parent, count)| {
                let asked = *filter;
                (ListOf { parent, asked }, count)
            }));
        }
        Ok(counts)
    }
}
