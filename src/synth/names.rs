//! Names of people, places and streets that nobody has to be: made-up combinations of common names of many origins.

/// Surnames.
pub const SURNAMES: &[&str] = &[
    "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Patel", "Robinson", "Wright",
    "Thompson", "Evans", "Walker", "White", "Roberts", "Green", "Hall", "Wood", "Jackson", "Clarke", "Khan", "Ali",
    "Hughes", "Edwards", "Hill", "Moore", "Harris", "Cooper", "King", "Singh", "Begum", "Ahmed", "Hussain", "Kaur",
    "Morris", "Morgan", "Ward", "Turner", "Baker", "Price", "Bennett", "Carter", "Phillips", "Mitchell", "Bell",
    "Kelly", "O'Brien", "Murphy", "O'Connor", "Byrne", "Ryan", "Doyle", "Gallagher", "McCarthy", "Campbell",
    "Stewart", "MacDonald", "Robertson", "Anderson", "Fraser", "Murray", "Graham", "Sinclair", "Llewellyn", "Rees",
    "Bowen", "Pritchard", "Vaughan", "Owusu", "Mensah", "Boateng", "Asante", "Okafor", "Adeyemi", "Okonkwo",
    "Balogun", "Eze", "Nwosu", "Mwangi", "Otieno", "Abdi", "Mohamed", "Hassan", "Tesfaye", "Bekele", "Kowalski",
    "Nowak", "Wójcik", "Lewandowski", "Zieliński", "Popescu", "Ionescu", "Petrov", "Ivanova", "Kovács", "Horvat",
    "Silva", "Santos", "Ferreira", "Costa", "Rossi", "Esposito", "García", "Fernández", "Dubois", "Müller",
    "Schmidt", "Papadopoulos", "Yılmaz", "Demir", "Kaya", "Rahman", "Chowdhury", "Islam", "Miah", "Uddin", "Sharma",
    "Gupta", "Mehta", "Shah", "Desai", "Reddy", "Nair", "Iyer", "Fernando", "Perera", "Tamang", "Gurung", "Li",
    "Wang", "Zhang", "Chen", "Wong", "Chan", "Nguyen", "Tran", "Kim", "Park", "Sato", "Reyes", "Cruz", "Bautista",
    "Haddad", "Khoury", "Cohen", "Levy", "Friedman", "Fletcher", "Marsh", "Young", "Long", "Day", "Rose", "May",
    "Parkinson", "Crohn-Ellis", "Fox", "Banks", "Frost",
];

/// Given names that are mostly women's.
pub const WOMEN: &[&str] = &[
    "Olivia", "Amelia", "Isla", "Ava", "Emily", "Grace", "Sophie", "Charlotte", "Jessica", "Chloe", "Lucy", "Hannah",
    "Megan", "Rebecca", "Sarah", "Laura", "Emma", "Claire", "Nicola", "Karen", "Susan", "Julie", "Jacqueline",
    "Deborah", "Tracey", "Margaret", "Patricia", "Barbara", "Jean", "Doreen", "Joan", "Sheila", "Maureen", "Brenda",
    "Dorothy", "Kathleen", "Siobhán", "Aoife", "Niamh", "Ciara", "Siân", "Carys", "Ffion", "Rhiannon", "Eilidh",
    "Mairi", "Fiona", "Morag", "Aisha", "Fatima", "Zainab", "Maryam", "Khadija", "Noor", "Priya", "Anjali", "Deepika",
    "Sunita", "Lakshmi", "Simran", "Harpreet", "Nasreen", "Shabnam", "Farzana", "Ngozi", "Chidinma", "Adaeze",
    "Folake", "Abena", "Akosua", "Wanjiru", "Hodan", "Selam", "Agnieszka", "Katarzyna", "Zofia", "Ioana", "Elena",
    "Svetlana", "Ana", "Beatriz", "Giulia", "Carmen", "Camille", "Ingrid", "Zeynep", "Elif", "Mei", "Xiu", "Linh",
    "Yuki", "Ji-woo", "Maricel", "Rosa", "Rachel", "Miriam", "Leila", "Hope", "Joy", "Faith", "Ruby", "Daisy", "June",
];

/// Given names that are mostly men's.
pub const MEN: &[&str] = &[
    "Oliver", "George", "Harry", "Noah", "Jack", "Leo", "Arthur", "Muhammad", "Thomas", "James", "William", "Daniel",
    "Joshua", "Matthew", "Luke", "Ryan", "Adam", "Christopher", "David", "Andrew", "Paul", "Mark", "Stephen",
    "Richard", "Robert", "Michael", "Peter", "John", "Kenneth", "Derek", "Ronald", "Raymond", "Geoffrey", "Brian",
    "Keith", "Alan", "Cillian", "Seán", "Pádraig", "Declan", "Rhys", "Dafydd", "Gethin", "Ieuan", "Angus", "Hamish",
    "Callum", "Fergus", "Ahmed", "Yusuf", "Ibrahim", "Omar", "Bilal", "Imran", "Tariq", "Rajesh", "Arjun", "Vikram",
    "Sanjay", "Ravi", "Gurpreet", "Manjit", "Kwame", "Kofi", "Emeka", "Tunde", "Oluwaseun", "Chukwudi", "Juma",
    "Abdi", "Dawit", "Piotr", "Tomasz", "Krzysztof", "Andrei", "Mihai", "Dmitri", "João", "Tiago", "Marco", "Luca",
    "Javier", "Étienne", "Lars", "Mehmet", "Emre", "Wei", "Jun", "Minh", "Haruto", "Min-jun", "Jose", "Ramon",
    "Samuel", "Ezra", "Elias", "Will", "Grant", "Miles", "Basil", "Ray",
];

/// Streets.
pub const STREETS: &[&str] = &[
    "Quarry Lane", "Station Parade", "Chapel Hill", "Mill Street", "Orchard Close", "Harbour View", "Park Road",
    "The Maltings", "Beech Avenue", "Victoria Terrace", "Ferry Lane", "Coopers Yard", "Larch Grove", "Weir Road",
    "Tannery Row", "Observatory Way", "Lock Cottages", "Priory Gardens", "Cotton Street", "Kiln Field",
];

/// Towns that are on no map.
pub const TOWNS: &[&str] =
    &["Harrowmere", "Thornbeck", "Kingsferry", "Oakenshaw Vale", "Little Marling", "Netherwick", "Saltcombe Bay"];

/// Counties that are on no map.
pub const COUNTIES: &[&str] = &["Northmoorshire", "Westmarch", "Fenland Parts"];

/// Villages that are on no map.
pub const VILLAGES: &[&str] = &["Upper Dunley", "Marsh Ings", "Cold Aysgill", "Brackenfold"];
