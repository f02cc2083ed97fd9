//! `seed FORMAT CORPUS`: fills a corpus from a synthetic export.

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(format), Some(corpus)) = (arguments.next(), arguments.next()) else {
        panic!("seed FORMAT CORPUS");
    };
    ingest_fuzz::seed(format.parse().expect("a format"), corpus.as_ref());
}
