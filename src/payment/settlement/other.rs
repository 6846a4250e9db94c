//! What a payment is for that is for no order: a gift, or points.

use entity::point_entry::PointAction;

use super::Work;
use crate::{
    fault::Fault,
    gift,
    point::{self, Booking},
};

impl Work<'_> {
    /// Delivers the gift, or charges points with what was taken. Also where the payment had ended before: neither needs
    /// anything that could be gone meanwhile.
    pub(super) async fn pay_other(&mut self) -> Result<(), Fault> {
        match self.payment.gift_id {
            Some(gift_id) => {
                self.gift = gift::deliver_in(self.app, self.tx, gift_id, self.now).await?;
                Ok(())
            }
            None => self.credit().await,
        }
    }

    /// Charges the member's points with what was taken.
    async fn credit(&self) -> Result<(), Fault> {
        let booking = Booking {
            action: PointAction::Charge,
            amount: self.payment.taken,
            order_id: None,
            payment_id: Some(self.payment.id),
            gift_id: None,
            idempotency_key: None,
        };
        point::book_for(self.tx, self.payment.member_id, booking, self.now).await
    }

    /// The gift is not to be; of points there is nothing to say.
    pub(super) async fn end_other(&self) -> Result<(), Fault> {
        match self.payment.gift_id {
            Some(gift_id) => gift::fail_in(self.tx, gift_id).await,
            None => Ok(()),
        }
    }
}
