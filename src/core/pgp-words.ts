/**
 * Fingerprints as words that two people can compare by telephone: the PGP word list (Juola and Zimmermann, as in the
 * manual of PGP 6.5.1, appendix D). Bytes at even places have two syllables, those at odd places three, so that a word
 * that is left out or exchanged with its neighbour is heard.
 * @module
 */
import { CoreError } from "./error.ts";
import { strictBase64 } from "./key-id.ts";
import { quoted } from "./kit-code.ts";

/** By byte value, at places 0, 2, 4, ... */
const EVEN = `
aardvark absurd accrue acme adrift adult afflict ahead aimless Algol allow alone ammo ancient apple artist
assume Athens atlas Aztec baboon backfield backward banjo beaming bedlamp beehive beeswax befriend Belfast
berserk billiard bison blackjack blockade blowtorch bluebird bombast bookshelf brackish breadline breakup
brickyard briefcase Burbank button buzzard cement chairlift chatter checkup chisel choking chopper Christmas
clamshell classic classroom cleanup clockwork cobra commence concert cowbell crackdown cranky crowfoot
crucial crumpled crusade cubic dashboard deadbolt deckhand dogsled dragnet drainage dreadful drifter dropper
drumbeat drunken Dupont dwelling eating edict egghead eightball endorse endow enlist erase escape exceed
eyeglass eyetooth facial fallout flagpole flatfoot flytrap fracture framework freedom frighten gazelle
Geiger glitter glucose goggles goldfish gremlin guidance hamlet highchair hockey indoors indulge inverse
involve island jawbone keyboard kickoff kiwi klaxon locale lockup merit minnow miser Mohawk mural music
necklace Neptune newborn nightbird Oakland obtuse offload optic orca payday peachy pheasant physique
playhouse Pluto preclude prefer preshrunk printer prowler pupil puppy python quadrant quiver quota ragtime
ratchet rebirth reform regain reindeer rematch repay retouch revenge reward rhythm ribcage ringbolt robust
rocker ruffled sailboat sawdust scallion scenic scorecard Scotland seabird select sentence shadow shamrock
showgirl skullcap skydive slingshot slowdown snapline snapshot snowcap snowslide solo southward soybean
spaniel spearhead spellbind spheroid spigot spindle spyglass stagehand stagnate stairway standard stapler
steamship sterling stockman stopwatch stormy sugar surmount suspense sweatband swelter tactics talon
tapeworm tempest tiger tissue tonic topmost tracker transit trauma treadmill Trojan trouble tumor tunnel
tycoon uncut unearth unwind uproot upset upshot vapor village virus Vulcan waffle wallet watchword wayside
willow woodlark Zulu
`
  .trim()
  .split(/\s+/);

/** By byte value, at places 1, 3, 5, ... */
const ODD = `
adroitness adviser aftermath aggregate alkali almighty amulet amusement antenna applicant Apollo armistice
article asteroid Atlantic atmosphere autopsy Babylon backwater barbecue belowground bifocals bodyguard
bookseller borderline bottomless Bradbury bravado Brazilian breakaway Burlington businessman butterfat
Camelot candidate cannonball Capricorn caravan caretaker celebrate cellulose certify chambermaid Cherokee
Chicago clergyman coherence combustion commando company component concurrent confidence conformist
congregate consensus consulting corporate corrosion councilman crossover crucifix cumbersome customer Dakota
decadence December decimal designing detector detergent determine dictator dinosaur direction disable
disbelief disruptive distortion document embezzle enchanting enrollment enterprise equation equipment
escapade Eskimo everyday examine existence exodus fascinate filament finicky forever fortitude frequency
gadgetry Galveston getaway glossary gossamer graduate gravity guitarist hamburger Hamilton handiwork
hazardous headwaters hemisphere hesitate hideaway holiness hurricane hydraulic impartial impetus inception
indigo inertia infancy inferno informant insincere insurgent integrate intention inventive Istanbul Jamaica
Jupiter leprosy letterhead liberty maritime matchmaker maverick Medusa megaton microscope microwave
midsummer millionaire miracle misnomer molasses molecule Montana monument mosquito narrative nebula
newsletter Norwegian October Ohio onlooker opulent Orlando outfielder Pacific pandemic Pandora paperweight
paragon paragraph paramount passenger pedigree Pegasus penetrate perceptive performance pharmacy phonetic
photograph pioneer pocketful politeness positive potato processor provincial proximate puberty publisher
pyramid quantity racketeer rebellion recipe recover repellent replica reproduce resistor responsive
retraction retrieval retrospect revenue revival revolver sandalwood sardonic Saturday savagery scavenger
sensation sociable souvenir specialist speculate stethoscope stupendous supportive surrender suspicious
sympathy tambourine telephone therapist tobacco tolerance tomorrow torpedo tradition travesty trombonist
truncated typewriter ultimate undaunted underfoot unicorn unify universe unravel upcoming vacancy vagabond
vertigo Virginia visitor vocalist voyager warranty Waterloo whimsical Wichita Wilmington Wyoming yesteryear
Yucatan
`
  .trim()
  .split(/\s+/);

const FINGERPRINT = /^(?:SHA256|SPKI256):([A-Za-z0-9+/]{43})$/;

/** The words of bytes, one each. */
export function pgpWords(bytes: Uint8Array): string[] {
  return Array.from(bytes).flatMap((byte, at) => (at % 2 === 0 ? EVEN : ODD).slice(byte, byte + 1));
}

/** The 32 words of `SHA256:<unpadded base64>` or `SPKI256:<unpadded base64>`. Throws CoreError `bad-key` for another text. */
export function fingerprintWords(fingerprint: string): string[] {
  const base64 = FINGERPRINT.exec(fingerprint)?.[1];
  const bytes = base64 === undefined ? undefined : strictBase64(`${base64}=`);
  if (bytes === undefined) throw new CoreError("bad-key", "no fingerprint: SHA256: or SPKI256: and 43 of base64");
  return pgpWords(bytes);
}

/** Words of a fingerprint. */
const COUNT = 32;

function isOf(list: readonly string[], word: string): boolean {
  return list.some((other) => other.toLowerCase() === word.toLowerCase());
}

/**
 * What is wrong with words that are said to be those of a fingerprint, whichever it is: one that is not in the list, too
 * few, neighbours that have changed places; undefined where nothing is. Capitals do not matter.
 */
export function wordFault(words: readonly string[]): string | undefined {
  const strange = words.findIndex((word) => !isOf(EVEN, word) && !isOf(ODD, word));
  const misplaced = words.flatMap((word, at) => (isOf(at % 2 === 0 ? EVEN : ODD, word) ? [] : [at]));
  const [first, second, ...more] = misplaced;
  const isSwap = first !== undefined && second === first + 1 && more.length === 0;
  const faults = [
    ...(words.length === COUNT ? [] : [`here are ${words.length} of ${COUNT} words`]),
    ...placeFault(words, { strange, first, isSwap: isSwap && words.length === COUNT }),
  ];
  return faults.length === 0 ? undefined : faults.join("; ");
}

function placeFault(
  words: readonly string[],
  {
    strange,
    first,
    isSwap,
  }: { readonly strange: number; readonly first: number | undefined; readonly isSwap: boolean },
): string[] {
  if (strange !== -1) return [`word ${strange + 1} ${quoted(words[strange] ?? "")} is not in the list`];
  if (first === undefined) return [];
  if (isSwap) return [`words ${first + 1} and ${first + 2} may be swapped`];
  return [`word ${first + 1} cannot stand there; have the words read from word ${first + 1} on again`];
}
