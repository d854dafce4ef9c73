//! What people of two countries are called and where they live. Nobody is meant.
//!
//! Lists are in falling order of frequency; [`Culture`] draws the first entries far more often.

use crate::draw::Draw;

/// What is usual in one country.
#[derive(Debug)]
pub(super) struct Culture {
    /// ISO 3166-1 alpha-2.
    pub(super) country: &'static str,
    pub(super) language: &'static str,
    women: &'static [&'static str],
    men: &'static [&'static str],
    families: &'static [&'static str],
    /// Beginnings and ends of rare family names.
    rare: (&'static [&'static str], &'static [&'static str]),
    streets: &'static [&'static str],
    /// Short forms that clerks write for a word of a street, long form first.
    pub(super) abbreviations: &'static [(&'static str, &'static str)],
    /// City, and the part of its postal codes that does not vary.
    cities: &'static [(&'static str, &'static str)],
    /// Given name and what its bearers are called.
    nicknames: &'static [(&'static str, &'static [&'static str])],
    pub(super) titles: (&'static [&'static str], &'static [&'static str]),
    /// Whether people have the family names of both parents, and keep them when they marry.
    pub(super) has_two_surnames: bool,
    /// First mobile number and first landline number, national digits.
    pub(super) first_phones: (u64, u64),
    pub(super) calling_code: &'static str,
    /// Digit dialled before a national number at home.
    pub(super) trunk: &'static str,
}

/// Skew of given names: with 60 of them the first is borne by 6 in a hundred.
const GIVEN_SKEW: f64 = 1.45;
/// Skew of family names: with 100 of them the first is borne by 4 in a hundred.
const FAMILY_SKEW: f64 = 1.45;
/// Share of family names put together from a beginning and an end.
const RARE_SHARE: f64 = 0.22;

impl Culture {
    /// A given name; one in twelve is double where that is usual.
    pub(super) fn given(&self, is_woman: bool, draw: &mut Draw) -> String {
        let list = if is_woman { self.women } else { self.men };
        let first = skewed(list, GIVEN_SKEW, draw);
        if self.has_two_surnames && draw.chance(0.08) {
            let second = skewed(list, GIVEN_SKEW, draw);
            if second != first {
                return format!("{first} {second}");
            }
        }
        first.to_owned()
    }

    /// A family name of one parent.
    pub(super) fn family(&self, draw: &mut Draw) -> String {
        if draw.chance(RARE_SHARE) {
            let (heads, tails) = self.rare;
            let [head, tail] = [heads, tails].map(|list| skewed(list, 1.0, draw));
            return format!("{head}{tail}");
        }
        skewed(self.families, FAMILY_SKEW, draw).to_owned()
    }

    /// A street without number.
    pub(super) fn street(&self, draw: &mut Draw) -> &'static str {
        skewed(self.streets, 1.1, draw)
    }

    /// A city and a postal code in it.
    pub(super) fn city(&self, draw: &mut Draw) -> (&'static str, String) {
        let at = draw.skewed(self.cities.len(), 1.6);
        let Some(&(city, stem)) = self.cities.get(at) else { return ("", String::new()) };
        let district = draw.whole(1, 40);
        let code = if self.has_two_surnames {
            format!("{stem}{district:03}")
        } else {
            // An Eircode is a routing key and four signs that tell the house.
            let letter = |draw: &mut Draw| draw.pick(b"ACDEFHKNPRTVWXY") as char;
            let (a, b) = (letter(draw), letter(draw));
            format!("{stem} {a}{}{b}{}", draw.whole(0, 9), draw.whole(0, 9))
        };
        (city, code)
    }

    /// What a person of this given name is called by friends; none without a usual short form.
    pub(super) fn nickname(&self, given: &str, draw: &mut Draw) -> Option<&'static str> {
        let word = given.split(' ').next().unwrap_or(given);
        let names = self.nicknames.iter().find(|(formal, _)| *formal == word)?.1;
        names.get(draw.below(names.len())).copied()
    }
}

fn skewed(list: &'static [&'static str], skew: f64, draw: &mut Draw) -> &'static str {
    list.get(draw.skewed(list.len(), skew)).copied().unwrap_or_default()
}

/// The cultures and the share of households of each.
pub(super) const CULTURES: [(&Culture, f64); 2] = [(&SPAIN, 0.65), (&IRELAND, 0.35)];

#[rustfmt::skip]
const SPAIN: Culture = Culture {
    country: "ES",
    language: "es",
    women: &[
        "María", "Carmen", "Ana", "Isabel", "Laura", "Cristina", "Marta", "Dolores", "Lucía", "Josefa",
        "Pilar", "Elena", "Francisca", "Sara", "Paula", "Teresa", "Raquel", "Rosa", "Antonia",
        "Beatriz", "Mercedes", "Silvia", "Nuria", "Julia", "Patricia", "Irene", "Alba", "Rocío",
        "Rosario", "Andrea", "Montserrat", "Encarnación", "Mónica", "Concepción", "Alicia", "Sonia",
        "Sandra", "Marina", "Susana", "Yolanda", "Margarita", "Natalia", "Eva", "Inmaculada", "Claudia",
        "Ángela", "Sofía", "Esther", "Noelia", "Verónica", "Carolina", "Nerea", "Inés", "Daniela",
        "Consuelo", "Gloria", "Aurora", "Begoña", "Olga", "Ainhoa", "Itziar", "Olivia",
    ],
    men: &[
        "Antonio", "José", "Manuel", "Francisco", "David", "Juan", "Javier", "Daniel", "Carlos", "Jesús",
        "Alejandro", "Miguel", "Rafael", "Pedro", "Pablo", "Ángel", "Sergio", "Fernando", "Jorge",
        "Luis", "Alberto", "Álvaro", "Diego", "Adrián", "Raúl", "Enrique", "Ramón", "Vicente", "Iván",
        "Rubén", "Óscar", "Andrés", "Joaquín", "Santiago", "Eduardo", "Víctor", "Mario", "Roberto",
        "Jaime", "Ignacio", "Marcos", "Salvador", "Ricardo", "Emilio", "Hugo", "Guillermo", "Gabriel",
        "Julián", "Julio", "Tomás", "Agustín", "Nicolás", "Gonzalo", "Félix", "Martín", "Mateo",
        "Lucas", "Íñigo", "Unai", "Aitor", "Xabier", "Bruno",
    ],
    families: &[
        "García", "Rodríguez", "González", "Fernández", "López", "Martínez", "Sánchez", "Pérez",
        "Gómez", "Martín", "Jiménez", "Hernández", "Ruiz", "Díaz", "Moreno", "Muñoz", "Álvarez",
        "Romero", "Gutiérrez", "Alonso", "Navarro", "Torres", "Domínguez", "Ramos", "Vázquez",
        "Ramírez", "Gil", "Serrano", "Morales", "Molina", "Blanco", "Suárez", "Castro", "Ortega",
        "Delgado", "Ortiz", "Marín", "Rubio", "Núñez", "Medina", "Sanz", "Castillo", "Iglesias",
        "Cortés", "Garrido", "Santos", "Guerrero", "Lozano", "Cano", "Cruz", "Méndez", "Flores",
        "Prieto", "Herrera", "Peña", "León", "Márquez", "Cabrera", "Gallego", "Calvo", "Vidal",
        "Campos", "Reyes", "Vega", "Fuentes", "Carrasco", "Díez", "Aguilar", "Caballero", "Nieto",
        "Santana", "Vargas", "Pascual", "Giménez", "Herrero", "Hidalgo", "Montero", "Lorenzo",
        "Santiago", "Benítez", "Durán", "Ibáñez", "Arias", "Mora", "Ferrer", "Carmona", "Vicente",
        "Rojas", "Soto", "Crespo", "Román", "Pastor", "Velasco", "Parra", "Sáez", "Moya", "Bravo",
        "Rivera", "Gallardo", "Soler", "Esteban", "Roldán", "Pardo", "Izquierdo", "Quintana", "Rovira",
    ],
    rare: (
        &["Etxe", "Mendi", "Iturri", "Zubi", "Ara", "Gara", "Olai", "Agirre", "Lasa", "Goiko",
          "Ibar", "Uri", "Oro", "Bel", "Eliza", "Arri"],
        &["barria", "zabal", "garay", "tegi", "goitia", "zola", "etxea", "aga", "eta", "alde",
          "koa", "ondo", "naga", "berri", "mendi", "iz"],
    ),
    streets: &[
        "Calle Mayor", "Calle Real", "Avenida de la Constitución", "Calle de la Iglesia", "Calle Nueva",
        "Plaza de España", "Calle del Sol", "Calle San José", "Calle Cervantes", "Avenida de Andalucía",
        "Calle de la Fuente", "Paseo de la Estación", "Calle del Carmen", "Calle San Juan",
        "Calle Goya", "Calle del Pozo", "Plaza del Mercado", "Calle Ancha", "Ronda del Sur",
        "Calle de las Huertas", "Avenida de Castilla", "Calle del Molino", "Travesía del Olmo",
        "Calle de la Cruz", "Calle Jardines", "Camino Viejo", "Calle Velázquez", "Calle Almendros",
        "Calle Lope de Vega", "Avenida del Tajo", "Calle del Río", "Calle de los Olivos", "Calle Alta",
        "Calle Santa Ana", "Carretera de Toledo", "Calle Miguel Hernández", "Calle del Castillo",
        "Calle de la Paz", "Calle Colón", "Avenida de Europa",
    ],
    abbreviations: &[
        ("Calle", "C/"), ("Avenida", "Avda."), ("Plaza", "Pza."), ("Paseo", "Pº"),
        ("Carretera", "Ctra."), ("Travesía", "Trv."),
    ],
    cities: &[
        ("Madrid", "28"), ("Toledo", "45"), ("Alcalá de Henares", "28"), ("Guadalajara", "19"),
        ("Segovia", "40"), ("Ávila", "05"), ("Cuenca", "16"), ("Valladolid", "47"), ("Zaragoza", "50"),
        ("Logroño", "26"), ("Bilbao", "48"), ("Albacete", "02"),
    ],
    nicknames: &[
        ("José", &["Pepe", "Jose"]), ("Francisco", &["Paco", "Fran", "Curro"]), ("Manuel", &["Manolo", "Manu"]),
        ("Antonio", &["Toni", "Toño"]), ("Javier", &["Javi"]), ("Ignacio", &["Nacho"]),
        ("Alejandro", &["Álex", "Jandro"]), ("Rafael", &["Rafa"]), ("Jesús", &["Chus", "Suso"]),
        ("Miguel", &["Migue"]), ("Daniel", &["Dani"]), ("Fernando", &["Fer", "Nando"]),
        ("Alberto", &["Berto"]), ("Enrique", &["Quique"]), ("Santiago", &["Santi"]),
        ("Eduardo", &["Edu"]), ("Roberto", &["Rober"]), ("Guillermo", &["Guille"]),
        ("Joaquín", &["Quino"]), ("Vicente", &["Chente"]), ("Salvador", &["Salva"]),
        ("María", &["Mari", "Maruja"]), ("Dolores", &["Lola", "Loli"]), ("Josefa", &["Pepa", "Fina"]),
        ("Francisca", &["Paca", "Paqui"]), ("Concepción", &["Concha", "Conchi"]),
        ("Isabel", &["Isa", "Chabela"]), ("Cristina", &["Cris"]), ("Teresa", &["Tere"]),
        ("Rosario", &["Charo"]), ("Mercedes", &["Merche"]), ("Pilar", &["Pili"]),
        ("Montserrat", &["Montse"]), ("Encarnación", &["Encarna"]), ("Inmaculada", &["Inma"]),
        ("Consuelo", &["Chelo"]), ("Beatriz", &["Bea"]), ("Antonia", &["Toñi"]), ("Carmen", &["Mamen"]),
        ("Patricia", &["Patri"]), ("Margarita", &["Marga"]), ("Susana", &["Susi"]),
    ],
    titles: (&["Dña.", "Sra.", "Doña"], &["D.", "Sr.", "Don"]),
    has_two_surnames: true,
    first_phones: (600_000_000, 910_000_000),
    calling_code: "34",
    trunk: "",
};

#[rustfmt::skip]
const IRELAND: Culture = Culture {
    country: "IE",
    language: "en",
    women: &[
        "Mary", "Margaret", "Catherine", "Emma", "Sarah", "Elizabeth", "Anne", "Aoife", "Kathleen",
        "Ciara", "Michelle", "Patricia", "Laura", "Niamh", "Bridget", "Helen", "Susan", "Karen",
        "Rebecca", "Lisa", "Jennifer", "Deborah", "Caroline", "Siobhán", "Orla", "Gráinne", "Sinéad",
        "Rachel", "Amy", "Christine", "Julie", "Fiona", "Victoria", "Jessica", "Alexandra", "Theresa",
        "Róisín", "Emily", "Grace", "Sophie", "Hannah", "Lucy", "Ellen", "Eileen", "Maeve", "Deirdre",
        "Jane", "Clare", "Frances", "Abigail",
    ],
    men: &[
        "John", "Patrick", "Michael", "James", "David", "Thomas", "Paul", "Seán", "Conor", "William",
        "Joseph", "Daniel", "Stephen", "Kevin", "Brian", "Mark", "Robert", "Peter", "Anthony",
        "Christopher", "Martin", "Aidan", "Declan", "Gerard", "Edward", "Richard", "Andrew", "Matthew",
        "Jack", "Cillian", "Eoin", "Francis", "Barry", "Colm", "Niall", "Timothy", "Nicholas",
        "Kenneth", "Fergal", "Pádraig", "Alan", "Philip", "George", "Samuel", "Benjamin", "Alexander",
        "Charles", "Henry", "Oisín", "Rory",
    ],
    families: &[
        "Murphy", "Kelly", "Byrne", "Ryan", "O'Brien", "Walsh", "O'Sullivan", "O'Connor", "Doyle",
        "McCarthy", "O'Neill", "Lynch", "O'Reilly", "Dunne", "McDonagh", "Brennan", "Fitzgerald",
        "Nolan", "Daly", "Kavanagh", "Moore", "Smith", "Quinn", "Power", "Kennedy", "Burke",
        "O'Donnell", "Hughes", "Murray", "Clarke", "Martin", "Connolly", "Carroll", "Wilson",
        "Campbell", "Johnston", "Flynn", "Boyle", "Duffy", "Healy", "O'Shea", "White", "Sweeney",
        "Hayes", "Gallagher", "Doherty", "Brown", "Thompson", "Griffin", "Maguire", "Nugent", "Cullen",
        "Keane", "Whelan", "Higgins", "Casey", "Foley", "Egan", "Barrett", "Roche", "Hogan", "Kenny",
        "Sheehan", "Moran", "Buckley", "Cunningham", "Dempsey", "Fleming", "McGrath", "Farrell",
        "Costello", "Kearney", "Lawlor", "Redmond", "Tobin", "Mulligan", "Prendergast", "Hickey",
    ],
    rare: (
        &["Ash", "Brad", "Thorn", "Wood", "Hart", "Kil", "Wal", "Hol", "Ran", "Stan", "Whit", "Mil",
          "Black", "Red", "Long", "Carl"],
        &["ford", "ton", "well", "field", "more", "ley", "den", "by", "worth", "brook", "man", "stone",
          "ham", "ridge", "wick", "land"],
    ),
    streets: &[
        "Main Street", "Church Street", "High Street", "Patrick Street", "Castle Street", "Mill Road",
        "Station Road", "The Green", "Chapel Lane", "Bridge Street", "Park Avenue", "Abbey Street",
        "College Road", "Barrack Street", "Market Square", "Dublin Road", "Meadow Drive",
        "Oakwood Avenue", "Ashfield Court", "Seaview Terrace", "River Walk", "Hillside Drive",
        "Beechwood Road", "Cedar Grove", "Orchard Lane", "Priory Road", "Willow Park", "Quay Street",
        "Forge Road", "The Crescent",
    ],
    abbreviations: &[
        ("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave"), ("Drive", "Dr"), ("Square", "Sq"),
        ("Terrace", "Tce"), ("Court", "Ct"),
    ],
    cities: &[
        ("Dublin", "D02"), ("Cork", "T12"), ("Galway", "H91"), ("Limerick", "V94"),
        ("Waterford", "X91"), ("Drogheda", "A92"), ("Kilkenny", "R95"), ("Sligo", "F91"),
    ],
    nicknames: &[
        ("John", &["Johnny", "Jack"]), ("Patrick", &["Paddy", "Pat"]), ("Michael", &["Mick", "Mike"]),
        ("James", &["Jim", "Jimmy"]), ("Thomas", &["Tom", "Tommy"]), ("William", &["Bill", "Liam", "Will"]),
        ("Joseph", &["Joe"]), ("Daniel", &["Dan", "Danny"]), ("Stephen", &["Steve"]),
        ("Robert", &["Bob", "Rob", "Bobby"]), ("Anthony", &["Tony"]), ("Christopher", &["Chris"]),
        ("Gerard", &["Gerry"]), ("Edward", &["Ned", "Eddie", "Ted"]), ("Richard", &["Dick", "Rick"]),
        ("Andrew", &["Andy"]), ("Matthew", &["Matt"]), ("Francis", &["Frank"]), ("Timothy", &["Tim"]),
        ("Nicholas", &["Nick"]), ("Kenneth", &["Ken"]), ("Samuel", &["Sam"]), ("Benjamin", &["Ben"]),
        ("Alexander", &["Alex", "Sandy"]), ("Charles", &["Charlie", "Chuck"]), ("Henry", &["Harry"]),
        ("Philip", &["Phil"]), ("David", &["Dave"]), ("Pádraig", &["Paudie"]),
        ("Mary", &["Molly", "Polly"]), ("Margaret", &["Peggy", "Maggie", "Meg"]),
        ("Catherine", &["Kate", "Cathy", "Kitty"]), ("Elizabeth", &["Liz", "Beth", "Betty"]),
        ("Kathleen", &["Kathy", "Kay"]), ("Patricia", &["Pat", "Trish"]), ("Bridget", &["Biddy", "Bríd"]),
        ("Susan", &["Sue"]), ("Rebecca", &["Becky"]), ("Jennifer", &["Jenny"]), ("Deborah", &["Debbie"]),
        ("Victoria", &["Vicky"]), ("Alexandra", &["Alex", "Sandra"]), ("Theresa", &["Tess"]),
        ("Jessica", &["Jess"]), ("Christine", &["Chris", "Tina"]), ("Frances", &["Fran"]),
        ("Abigail", &["Abby"]), ("Helen", &["Nell"]), ("Ellen", &["Nell", "Nelly"]),
    ],
    titles: (&["Mrs", "Ms", "Miss", "Dr"], &["Mr", "Dr", "Mr."]),
    has_two_surnames: false,
    first_phones: (830_000_000, 210_000_000),
    calling_code: "353",
    trunk: "0",
};

/// Domains that nobody can own (RFC 2606, section 3).
pub(super) const DOMAINS: [&str; 12] = [
    "example.com",
    "example.org",
    "correo.example.com",
    "example.net",
    "mail.example.org",
    "post.example.com",
    "webmail.example.net",
    "inbox.example.com",
    "red.example.org",
    "hogar.example.net",
    "oficina.example.com",
    "campus.example.org",
];

/// A name in small letters of ASCII, for addresses.
pub(super) fn ascii(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).filter_map(plain).collect()
}

/// The letter of ASCII that is written where a keyboard has no accents; none for other signs.
pub(super) fn plain(letter: char) -> Option<char> {
    Some(match letter {
        'a'..='z' | '0'..='9' | 'A'..='Z' => letter,
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        'Á' => 'A',
        'É' => 'E',
        'Í' => 'I',
        'Ó' => 'O',
        'Ú' => 'U',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nickname_belongs_to_a_name_that_is_given() {
        for (culture, _) in CULTURES {
            for (formal, short) in culture.nicknames {
                let known = culture.women.contains(formal) || culture.men.contains(formal);
                assert!(known && !short.is_empty(), "{formal}");
            }
        }
    }

    #[test]
    fn no_name_is_listed_twice_and_each_becomes_an_address() {
        for (culture, _) in CULTURES {
            for list in [culture.women, culture.men, culture.families, culture.streets] {
                let distinct: std::collections::BTreeSet<_> = list.iter().collect();
                assert_eq!(distinct.len(), list.len());
            }
            for name in culture.women.iter().chain(culture.men).chain(culture.families) {
                let letters = name.chars().filter(|c| c.is_alphanumeric()).count();
                assert_eq!(ascii(name).len(), letters, "{name}");
            }
        }
    }

    #[test]
    fn frequent_names_are_frequent_and_rare_ones_many() {
        let mut draw = Draw::new(3, "names");
        let drawn: Vec<String> = (0..20_000).map(|_| SPAIN.family(&mut draw)).collect();
        let garcia = drawn.iter().filter(|name| *name == "García").count();
        assert!((400..1200).contains(&garcia), "{garcia}");
        let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
        assert!(distinct.len() > 300, "{}", distinct.len());
    }
}
