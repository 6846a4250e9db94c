use crate::demo::catalog::Category;

/// The shapes of a kind of product, in the gradients that the frame defines.
pub fn drawing(category: Category) -> &'static str {
    match category {
        // Its back leaning behind its front.
        Category::Phone => include_str!("drawing/phone.svg"),
        // Open, with a window on its screen.
        Category::Laptop => include_str!("drawing/laptop.svg"),
        // Lying wide, with a pen before it.
        Category::Tablet => include_str!("drawing/tablet.svg"),
        // On its stand, with a chart on its screen.
        Category::Monitor => include_str!("drawing/monitor.svg"),
        // Seen from above and a little from the side.
        Category::Keyboard => include_str!("drawing/keyboard.svg"),
        // Seen from above.
        Category::Mouse => include_str!("drawing/mouse.svg"),
        // Seen from the front, a cup on each side.
        Category::Headphones => include_str!("drawing/headphones.svg"),
        // A pair over its open case.
        Category::Earbuds => include_str!("drawing/earbuds.svg"),
        // Two drivers in a box.
        Category::Speaker => include_str!("drawing/speaker.svg"),
        // With its strap, showing hands and a ring of progress.
        Category::Watch => include_str!("drawing/watch.svg"),
        // Its lens towards the customer.
        Category::Camera => include_str!("drawing/camera.svg"),
        // A plug with two round pins, as sockets in Korea take, and its cable.
        Category::Charger => include_str!("drawing/charger.svg"),
        // Upright, its charge in four lights.
        Category::PowerBank => include_str!("drawing/power-bank.svg"),
        // Held in two hands, mid-game.
        Category::Console => include_str!("drawing/console.svg"),
        // A portable drive and its cable.
        Category::Storage => include_str!("drawing/storage.svg"),
        // Casting its beam to the left.
        Category::Projector => include_str!("drawing/projector.svg"),
        // A tower with its intake in front, giving off clean air.
        Category::AirPurifier => include_str!("drawing/air-purifier.svg"),
        // Low and round on the floor, its sensor on top.
        Category::RobotVacuum => include_str!("drawing/robot-vacuum.svg"),
        // Round on its stand.
        Category::Fan => include_str!("drawing/fan.svg"),
        // Steaming on its base.
        Category::Kettle => include_str!("drawing/kettle.svg"),
    }
}
