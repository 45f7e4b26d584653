import { Random } from "../random.ts";

/** Something that can be said and asked in several ways; {s} is the subject, {o} the answer. */
export interface Relation {
  readonly statements: readonly string[];
  readonly questions: readonly string[];
}

/** One fact of the closed world. */
export interface Fact {
  readonly relation: Relation;
  readonly subject: string;
  readonly object: string;
}

const people = 160;
const firstNames =
  "Ada Bram Cleo Dario Edda Finn Greta Hugo Ines Jarl Kira Lennart Mira Nils Olga Pavel Rosa Sven Tilda Yara".split(
    " ",
  );
const lastNames = "Arlen Bostrel Corvan Dunmar Eskild Farrow Galver Hestin".split(" ");
const towns =
  "Karsu Belmar Tovik Ostrel Navarin Pelgo Ruhm Sandel Velika Wexby Zornau Luthin".split(" ");
const lands = "Norvia Sundmark Marun Tessaly".split(" ");
const jobs =
  "baker teacher sailor farmer doctor painter miner judge weaver pilot gardener smith".split(" ");
const pets = "a cat;a dog;a goat;a parrot;a rabbit;a horse;a snake;an owl".split(";");
const foods = "bread soup cheese rice fish plums beans honey".split(" ");

/** Which town a person lives in: the first step of a two-step question. */
export const livesIn: Relation = {
  statements: ["{s} lives in {o}.", "The home of {s} is in {o}.", "You can find {s} in {o}."],
  questions: [
    "Where does {s} live?",
    "In which town is the home of {s}?",
    "What is the home town of {s}?",
  ],
};

/** Which land a town lies in: the second step. */
const liesIn: Relation = {
  statements: ["{s} is a town in {o}.", "The town of {s} lies in {o}."],
  questions: ["In which land is {s}?", "Where does the town of {s} lie?"],
};

/** Asked about a person, answered through the person's town. */
export const landOfPerson: Relation = {
  statements: [],
  questions: ["In which land does {s} live?"],
};

const worksAs: Relation = {
  statements: [
    "{s} works as a {o}.",
    "{s} is a {o} by trade.",
    "The work of {s} is that of a {o}.",
  ],
  questions: ["What is the job of {s}?", "What does {s} work as?", "What is {s} by trade?"],
};
const owns: Relation = {
  statements: ["{s} has {o}.", "The pet of {s} is {o}.", "{s} keeps {o} at home."],
  questions: ["What pet does {s} have?", "What is the pet of {s}?", "Which animal does {s} keep?"],
};
const likes: Relation = {
  statements: ["{s} likes to eat {o}.", "The favourite food of {s} is {o}."],
  questions: ["What does {s} like to eat?", "What is the favourite food of {s}?"],
};

const capital: Relation = {
  statements: ["The capital of {s} is {o}.", "{o} is the capital of {s}."],
  questions: ["What is the capital of {s}?", "Which city is the capital of {s}?"],
};
const symbol: Relation = {
  statements: ["The symbol of {s} is {o}.", "Chemists write {o} for {s}."],
  questions: ["What is the symbol of {s}?", "How do chemists write {s}?"],
};
const young: Relation = {
  statements: ["A young {s} is called a {o}.", "The young of a {s} is a {o}."],
  questions: ["What is a young {s} called?", "What is the young of a {s}?"],
};
const opposite: Relation = {
  statements: ["The opposite of {s} is {o}.", "{s} is the opposite of {o}."],
  questions: ["What is the opposite of {s}?", "Which word means the reverse of {s}?"],
};

const known: readonly (readonly [Relation, string])[] = [
  [
    capital,
    "France:Paris Germany:Berlin Italy:Rome Spain:Madrid Portugal:Lisbon Austria:Vienna Poland:Warsaw Greece:Athens Norway:Oslo Sweden:Stockholm Finland:Helsinki Denmark:Copenhagen Ireland:Dublin Hungary:Budapest Romania:Bucharest Bulgaria:Sofia Japan:Tokyo China:Beijing India:Delhi Egypt:Cairo Kenya:Nairobi Cuba:Havana Peru:Lima Chile:Santiago Canada:Ottawa Iran:Tehran Iraq:Baghdad Turkey:Ankara Thailand:Bangkok Vietnam:Hanoi",
  ],
  [
    symbol,
    "hydrogen:H helium:He carbon:C nitrogen:N oxygen:O sodium:Na magnesium:Mg aluminium:Al silicon:Si sulfur:S chlorine:Cl potassium:K calcium:Ca iron:Fe copper:Cu zinc:Zn silver:Ag tin:Sn iodine:I gold:Au mercury:Hg lead:Pb uranium:U neon:Ne",
  ],
  [
    young,
    "cow:calf dog:puppy cat:kitten sheep:lamb horse:foal pig:piglet goat:kid hen:chick bear:cub deer:fawn duck:duckling goose:gosling frog:tadpole",
  ],
  [
    opposite,
    "hot:cold big:small old:young fast:slow high:low light:dark full:empty wet:dry hard:soft near:far rich:poor early:late open:shut strong:weak loud:quiet sweet:bitter up:down day:night",
  ],
];

/** The towns with their lands. */
export const landOfTown: ReadonlyMap<string, string> = new Map(
  towns.map((town, i) => [town, lands[i % lands.length]!]),
);

/** All facts: an invented town life, and a few things that are true of the world. */
export const factBase: readonly Fact[] = [...inventedFacts(), ...knownFacts()];

function* inventedFacts(): Generator<Fact> {
  // A fixed stream: the world is the same in every data set.
  const random = new Random(20_240_607);
  for (const [town, land] of landOfTown) yield { relation: liesIn, subject: town, object: land };
  for (let number = 0; number < people; number++) {
    const first = firstNames[number % firstNames.length]!;
    const subject = `${first} ${lastNames[Math.floor(number / firstNames.length)]!}`;
    yield { relation: livesIn, subject, object: random.pick(towns) };
    yield { relation: worksAs, subject, object: random.pick(jobs) };
    yield { relation: owns, subject, object: random.pick(pets) };
    yield { relation: likes, subject, object: random.pick(foods) };
  }
}

function* knownFacts(): Generator<Fact> {
  for (const [relation, pairs] of known) {
    for (const pair of pairs.split(" ")) {
      const [subject = "", object = ""] = pair.split(":");
      yield { relation, subject, object };
    }
  }
}
