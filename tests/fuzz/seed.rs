//! `seed TARGET CORPUS`: fills a corpus; that of a format from a synthetic export.

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(target), Some(corpus)) = (arguments.next(), arguments.next()) else {
        panic!("seed TARGET CORPUS");
    };
    let corpus = corpus.as_ref();
    match target.as_str() {
        "announcement" => ingest_fuzz::announcement::seed(corpus),
        "text" => ingest_fuzz::text::seed(corpus),
        format => ingest_fuzz::seed(format.parse().expect("a format"), corpus),
    }
}
