//! Short and pet forms of given names.

/// Given names and what their bearers are called, folded; a short form may belong to several names.
///
/// Usual forms of English, Spanish, Catalan, Basque, French, German, Italian and Portuguese.
#[rustfmt::skip]
const NICKNAMES: &[(&str, &[&str])] = &[
    ("abigail", &["abby", "gail"]),
    ("alberto", &["berto", "tito"]),
    ("alejandra", &["ale", "sandra"]),
    ("alejandro", &["ale", "alex", "jandro", "alejo"]),
    ("alessandro", &["sandro", "ale"]),
    ("alexander", &["alex", "sandy", "sasha", "xander", "al"]),
    ("alexandra", &["alex", "sandra", "sasha", "lexi"]),
    ("alfonso", &["fonso", "poncho"]),
    ("alfred", &["alf", "alfie", "fred"]),
    ("andreas", &["andi"]),
    ("andrew", &["andy", "drew"]),
    ("anthony", &["tony", "ant"]),
    ("antonia", &["toni", "tona", "toya"]),
    ("antonio", &["toni", "tono", "antoni"]),
    ("arthur", &["art"]),
    ("barbara", &["babs", "barb"]),
    ("beatriz", &["bea", "betty"]),
    ("benjamin", &["ben", "benny", "benji"]),
    ("bridget", &["biddy", "brid", "bridie"]),
    ("carmen", &["mamen", "menchu", "carmela", "carmina"]),
    ("carolina", &["carol", "caro"]),
    ("catherine", &["cathy", "kate", "katie", "kitty", "cat"]),
    ("charles", &["charlie", "chuck", "chas"]),
    ("christian", &["chris"]),
    ("christina", &["chris", "tina", "chrissie"]),
    ("christine", &["chris", "tina", "chrissie"]),
    ("christopher", &["chris", "kit", "topher"]),
    ("concepcion", &["concha", "conchi", "conchita"]),
    ("consuelo", &["chelo", "consu"]),
    ("cristina", &["cris", "tina"]),
    ("daniel", &["dan", "danny", "dani"]),
    ("david", &["dave", "davy", "davey"]),
    ("deborah", &["deb", "debbie", "debra"]),
    ("dolores", &["lola", "loli", "lolita"]),
    ("donald", &["don", "donnie"]),
    ("dorothy", &["dot", "dottie", "dolly"]),
    ("eduardo", &["edu", "lalo"]),
    ("edward", &["ed", "eddie", "ned", "ted", "teddy"]),
    ("eleanor", &["nell", "nelly", "ellie", "nora"]),
    ("elizabeth", &["liz", "lizzie", "beth", "betty", "betsy", "eliza", "lisa", "libby"]),
    ("ellen", &["nell", "nelly"]),
    ("encarnacion", &["encarna", "encarni"]),
    ("enrique", &["quique", "kike"]),
    ("federico", &["fede", "kiko"]),
    ("fernando", &["fer", "nando", "fernan"]),
    ("florence", &["flo", "florrie"]),
    ("frances", &["fran", "fanny", "frankie"]),
    ("francesco", &["franco", "cesco", "checco"]),
    ("francis", &["frank", "frankie"]),
    ("francisca", &["paca", "paqui", "paquita", "fran"]),
    ("francisco", &["paco", "fran", "curro", "pancho", "kiko", "quico", "paquito"]),
    ("francois", &["fanfan"]),
    ("frederick", &["fred", "freddie"]),
    ("gabriel", &["gabi", "gabe"]),
    ("gabriela", &["gabi"]),
    ("gerald", &["gerry", "jerry"]),
    ("gerard", &["gerry", "ger"]),
    ("giovanni", &["gianni", "vanni", "nino"]),
    ("giuseppe", &["beppe", "peppe", "pino"]),
    ("gregory", &["greg"]),
    ("guadalupe", &["lupe", "lupita"]),
    ("guillermo", &["guille", "memo"]),
    ("gustavo", &["gus", "tavo"]),
    ("harold", &["harry", "hal"]),
    ("heinrich", &["heinz", "heiner"]),
    ("helen", &["nell", "nelly", "ellie"]),
    ("henry", &["harry", "hank", "hal"]),
    ("ignacio", &["nacho", "inaki"]),
    ("inmaculada", &["inma"]),
    ("isabel", &["isa", "chabela", "bel"]),
    ("jacob", &["jake"]),
    ("jacqueline", &["jackie"]),
    ("james", &["jim", "jimmy", "jamie"]),
    ("janet", &["jan"]),
    ("javier", &["javi", "xavi"]),
    ("jennifer", &["jen", "jenny"]),
    ("jessica", &["jess", "jessie"]),
    ("jesus", &["chus", "suso", "chucho"]),
    ("joan", &["joanie"]),
    ("joao", &["joca"]),
    ("joaquin", &["quino", "ximo", "joaco"]),
    ("johannes", &["hans", "hannes"]),
    ("john", &["johnny", "jack", "jon"]),
    ("jonathan", &["jon", "jonny"]),
    ("jordi", &["jordiet"]),
    ("jorge", &["coque", "yorch"]),
    ("jose", &["pepe", "pepito", "pep", "chema"]),
    ("josef", &["sepp", "jupp"]),
    ("josefa", &["pepa", "pepi", "fina", "pepita"]),
    ("joseph", &["joe", "joey", "jo"]),
    ("joshua", &["josh"]),
    ("juan", &["juanito", "juanjo", "juancho"]),
    ("judith", &["judy", "jude"]),
    ("julia", &["juli", "julita"]),
    ("karl", &["kalle"]),
    ("katherine", &["kathy", "kate", "katie", "kitty", "kat"]),
    ("kathleen", &["kathy", "kay", "kath"]),
    ("kenneth", &["ken", "kenny"]),
    ("laurence", &["larry", "laurie"]),
    ("lawrence", &["larry", "laurie"]),
    ("leonard", &["len", "lenny", "leo"]),
    ("lorenzo", &["renzo", "loren"]),
    ("louise", &["lou"]),
    ("luis", &["lucho", "luisito"]),
    ("manuel", &["manolo", "manu", "manel"]),
    ("manuela", &["manoli", "manu", "lola"]),
    ("margaret", &["peggy", "peg", "maggie", "meg", "madge", "greta", "rita"]),
    ("margarita", &["marga", "rita"]),
    ("maria", &["mari", "maruja", "mariquita", "mia"]),
    ("martha", &["marty", "patty"]),
    ("mary", &["molly", "polly", "mamie", "may"]),
    ("matthew", &["matt", "matty"]),
    ("mercedes", &["merche", "meche", "merce"]),
    ("michael", &["mike", "mick", "mickey", "mikey", "michel"]),
    ("michelle", &["shelly", "chelle"]),
    ("miguel", &["migue", "mike"]),
    ("milagros", &["mila", "mili"]),
    ("montserrat", &["montse"]),
    ("natalia", &["nati", "nata"]),
    ("nicholas", &["nick", "nicky"]),
    ("nicolas", &["nico", "colas"]),
    ("padraig", &["paudie", "podge", "paddy"]),
    ("pamela", &["pam"]),
    ("patricia", &["pat", "patty", "tricia", "trish", "patri"]),
    ("patrick", &["pat", "paddy", "rick"]),
    ("pedro", &["perico", "peyo"]),
    ("peter", &["pete"]),
    ("philip", &["phil", "pip"]),
    ("pilar", &["pili", "piluca"]),
    ("rafael", &["rafa", "rafi"]),
    ("ramon", &["moncho", "mon"]),
    ("raymond", &["ray"]),
    ("rebecca", &["becky", "becca"]),
    ("ricardo", &["richi", "ricky"]),
    ("richard", &["dick", "rick", "ricky", "rich", "richie"]),
    ("robert", &["bob", "bobby", "rob", "robbie", "bert"]),
    ("roberto", &["rober", "berto", "beto"]),
    ("ronald", &["ron", "ronnie"]),
    ("rosario", &["charo", "chari"]),
    ("salvador", &["salva", "chava"]),
    ("samantha", &["sam", "sammy"]),
    ("samuel", &["sam", "sammy"]),
    ("santiago", &["santi", "chago", "yago"]),
    ("sebastian", &["sebas", "bastian"]),
    ("stephen", &["steve", "stevie"]),
    ("steven", &["steve", "stevie"]),
    ("susan", &["sue", "susie"]),
    ("susana", &["susi", "su"]),
    ("teresa", &["tere", "maite", "tessa"]),
    ("theodore", &["ted", "teddy", "theo"]),
    ("theresa", &["tess", "terry", "tessa"]),
    ("thomas", &["tom", "tommy"]),
    ("timothy", &["tim", "timmy"]),
    ("tomas", &["tommy", "tomasin"]),
    ("valentina", &["vale", "tina"]),
    ("vicente", &["chente", "vicent"]),
    ("victoria", &["vicky", "tori"]),
    ("vincent", &["vince", "vinnie"]),
    ("walter", &["walt", "wally"]),
    ("wilhelm", &["willi", "helmut"]),
    ("william", &["bill", "billy", "will", "willie", "liam"]),
    ("zachary", &["zach", "zack"]),
];

/// Whether `short` is what somebody of the given name `formal` is called.
///
/// Both folded. Of several given names the first counts: a José Luis is called Pepe.
pub fn is_nickname(short: &str, formal: &str) -> bool {
    let formal = formal.split(' ').next().unwrap_or(formal);
    let at = NICKNAMES.binary_search_by(|(name, _)| (*name).cmp(formal));
    at.ok().and_then(|at| NICKNAMES.get(at)).is_some_and(|(_, list)| list.contains(&short))
}

/// The given names whose bearers are called `short`, ascending; folded.
pub fn formal_names(short: &str) -> impl Iterator<Item = &'static str> {
    NICKNAMES.iter().filter(move |(_, list)| list.contains(&short)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_form_belongs_to_its_names() {
        assert!(is_nickname("pepe", "jose luis") && is_nickname("bill", "william"));
        assert!(!is_nickname("jose", "pepe") && !is_nickname("bill", "robert"));
        assert_eq!(formal_names("sandy").collect::<Vec<_>>(), ["alexander"]);
        assert_eq!(formal_names("pat").collect::<Vec<_>>(), ["patricia", "patrick"]);
        assert_eq!(formal_names("nobody").count(), 0);
    }

    #[test]
    fn the_names_ascend_and_each_has_other_names() {
        let sorted: Vec<_> = {
            let mut names: Vec<_> = NICKNAMES.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            names
        };
        let listed: Vec<_> = NICKNAMES.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, sorted);
        for (name, list) in NICKNAMES {
            assert!(!list.is_empty() && !list.contains(name), "{name}");
            let distinct: std::collections::BTreeSet<_> = list.iter().collect();
            assert_eq!(distinct.len(), list.len(), "{name}");
        }
    }
}
