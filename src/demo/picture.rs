//! Pictures of the demo products: a drawing for each kind, in colours that follow from the slug.

mod colours;
mod drawing;

use super::catalog;
use colours::Colours;
use drawing::drawing;

/// The picture of the demo product with this slug: an SVG document of 400 by 400 with no script
/// and no reference outside itself. The same slug always gives the same picture.
#[must_use]
pub fn svg(slug: &str) -> Option<String> {
    let product = catalog::product(slug)?;
    let Colours {
        paper,
        accent,
        body,
    } = Colours::of(slug);
    Some(format!(
        include_str!("picture/frame.svg"),
        title = escape(product.name),
        paper_light = paper.0,
        paper_deep = paper.1,
        accent_light = accent.0,
        accent_deep = accent.1,
        body_light = body.0,
        body_deep = body.1,
        drawing = drawing(product.category),
    ))
}

/// Text as it may stand in an XML element.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slugs() -> impl Iterator<Item = &'static str> {
        catalog::STORES
            .iter()
            .flat_map(|store| store.products)
            .map(|product| product.slug)
    }

    #[test]
    fn every_product_has_a_picture_titled_with_its_name() {
        for slug in slugs() {
            let picture = svg(slug).expect(slug);
            let name = catalog::product(slug).expect(slug).name;
            assert!(picture.contains(&format!("<title>{}</title>", escape(name))));
        }
    }

    #[test]
    fn an_unknown_slug_has_no_picture() {
        assert_eq!(svg("no-such-product"), None);
        assert_eq!(svg(""), None);
    }

    #[test]
    fn a_picture_stays_the_same() {
        assert_eq!(svg("haneul-phone-12"), svg("haneul-phone-12"));
    }

    #[test]
    fn tags_are_balanced_and_attributes_quoted() {
        for slug in slugs() {
            let picture = svg(slug).expect(slug);
            let mut open = Vec::new();
            let mut rest = picture.as_str();
            while let Some(start) = rest.find('<') {
                assert!(!rest[..start].contains('>'), "{slug}: a stray >");
                let end = start + rest[start..].find('>').expect("a tag ends");
                let tag = &rest[start + 1..end];
                rest = &rest[end + 1..];
                assert!(
                    tag.matches('\'').count().is_multiple_of(2),
                    "{slug}: <{tag}>"
                );
                if let Some(name) = tag.strip_prefix('/') {
                    assert_eq!(open.pop(), Some(name), "{slug}");
                } else if !tag.ends_with('/') {
                    open.push(tag.split_whitespace().next().expect("a tag has a name"));
                }
            }
            assert!(open.is_empty(), "{slug}: {open:?} left open");
            assert_eq!(rest.trim(), "", "{slug}: text after the document");
        }
    }

    #[test]
    fn a_picture_refers_only_to_the_gradients_it_defines() {
        for slug in slugs() {
            let picture = svg(slug).expect(slug);
            for forbidden in [
                "<script", "<image", "<use", "<style", "href", "data:", " on",
            ] {
                assert!(!picture.contains(forbidden), "{slug} has {forbidden}");
            }
            assert_eq!(picture.matches("http").count(), 1, "only the namespace");
            for reference in picture.split("url(").skip(1) {
                let (id, _) = reference.split_once(')').expect("a reference ends");
                let id = id.strip_prefix('#').expect("a reference stays inside");
                assert!(picture.contains(&format!("id='{id}'")), "{slug}: {id}");
            }
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<a & b>"), "&lt;a &amp; b&gt;");
    }
}
