//! temporary
#![allow(clippy::unwrap_used)]
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let mut o = synth::Options::new("Y99999".parse().unwrap(), a[2].parse().unwrap());
    if a.len() > 4 {
        o.edge_cases = false;
    }
    let t = std::time::Instant::now();
    let s = synth::write(a[1].parse().unwrap(), &o, std::path::Path::new(&a[3]), &mut |_| {}).unwrap();
    println!("{:?} {:?}", t.elapsed(), s.files.iter().map(|f| f.1).sum::<u64>());
    if a[1] == "emis-csv" {
        for f in &s.files {
            println!("{} {}", f.0, f.1);
        }
    }
    for p in s.people.iter().take(24) {
        println!(
            "{:<22} {} {} {:<20} {} {}",
            p.name,
            p.nhs_number,
            p.birth_date,
            p.role.name(),
            p.observations,
            p.immunisations
        );
    }
}
