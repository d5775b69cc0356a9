// The shapes of /v1, as the pages use them.

export type Known = "yes" | "no" | "unknown";
export type OpenStateName = "open" | "closed" | "opens_soon" | "closes_soon" | "unknown";
export type Profile = "walk" | "ebike" | "truck";

export interface Point {
  type: "Point";
  coordinates: [number, number];
}

export interface OpenState {
  state: OpenStateName;
  on_arrival: boolean | null;
  closes_in_minutes: number | null;
  next_change: string | null;
  text: string | null;
  /** Why it is closed for a while; null or missing where it is not. */
  closed_for?: string | null;
  /** What is not sure about holidays. */
  note?: "holiday_unknown" | "provisional" | null;
}

/** A while in which a station is closed, with the reason. */
export interface Closure {
  starts_at: string;
  ends_at: string;
  reason: string;
}

export interface StationProperties {
  code: string;
  name: string;
  kind: string;
  also_kinds: string[];
  brand: string | null;
  tier: string | null;
  area: { code: string; name: string } | null;
  address: string | null;
  status: string;
  open: OpenState;
  access: string;
  entry: string[];
  services: Record<string, Known>;
  checked: Record<string, string>;
  warnings: string[];
  source: string | null;
  aliases?: string[];
  /** The floor, and the way to the door. */
  way_in?: string | null;
  /** What happens there soon; only where events were asked for. */
  events?: ShortEvent[];
}

export interface NearbyProperties extends StationProperties {
  distance_m: number;
  street_m: number | null;
  /** Null: no street leads there, or only by a very long way. */
  minutes: number | null;
  method: "streets" | "straight_line";
  navigate: Record<string, string>;
}

export interface ListingProperties extends StationProperties {
  version: number;
  name_en: string | null;
  aliases?: string[];
  phone: string | null;
  hours_text: string | null;
  hours: string | null;
  capacity_per_day: number | null;
  notes: string | null;
  closures?: Closure[];
  position_verified?: boolean;
  navigate?: Record<string, string> | null;
  editable: boolean;
  /** Whether the public finds it. */
  public: boolean;
  updated_at: string | null;
}

export interface Feature<Properties, Geometry = Point | null> {
  type: "Feature";
  id: string;
  geometry: Geometry;
  properties: Properties;
}

export interface Collection<Properties, Geometry = Point | null> {
  type: "FeatureCollection";
  features: Feature<Properties, Geometry>[];
  numberMatched: number | null;
  numberReturned: number;
  next?: string | null;
  left_out: Record<string, number>;
}

export type Nearby = Feature<NearbyProperties, Point>;
export type Listing = Feature<ListingProperties>;

/** Who may come to an event is a code of the taxonomy, as for stations. */
export interface EventProperties {
  code: string;
  kind: string;
  title: string;
  title_en: string | null;
  station: { code: string; name: string } | null;
  address: string | null;
  area: { code: string; name: string } | null;
  starts_at: string;
  ends_at: string;
  state: string;
  capacity: number | null;
  access: string;
  how_to_join: string | null;
  organiser: string | null;
  phone: string | null;
  notes: string | null;
  warnings?: string[];
  version: number;
}

export type ShortEvent = Pick<EventProperties, "code" | "kind" | "title" | "starts_at" | "ends_at">;

export interface NearbyEventProperties extends EventProperties {
  distance_m: number;
  minutes: number;
  navigate: Record<string, string> | null;
}

export type NearbyEvent = Feature<NearbyEventProperties, Point>;

export interface SearchHitProperties {
  type: "station" | "area" | "place";
  code: string;
  name: string;
  name_en: string | null;
  kind: string | null;
  kind_zh: string;
  kind_en: string;
  area: { code: string; name: string } | null;
  address: string | null;
  match: string;
  distance_m: number | null;
}

export type SearchHit = Feature<SearchHitProperties>;

export interface Route {
  code: string;
  minutes: number;
  street_m: number;
  geometry: GeoJSON.LineString;
  attribution: string;
}

export interface NearestAnswer extends Collection<NearbyProperties, Point> {
  events?: NearbyEvent[] | null;
  events_reason?: string | null;
  reason: string | null;
  as_of: string;
  /** The way to the first station, where a street network is built. */
  route?: Route | null;
  query: { within_m: number; profile: Profile; speed_kmh: number };
}

export interface AreaProperties {
  code: string;
  name: string;
  name_en: string | null;
  level: string;
  source: string | null;
}

export type Areas = {
  type: "FeatureCollection";
  features: Feature<AreaProperties, GeoJSON.Polygon | GeoJSON.MultiPolygon | null>[];
};

export interface Source {
  code: string;
  name: string;
  licence: string | null;
  attribution: string | null;
  url: string | null;
  retrieved_on: string | null;
}

export interface Term {
  code: string;
  zh: string;
  en: string;
  icon?: string;
}

export interface Kind extends Term {
  zh_short: string;
  colour: string;
  /** The group of services that its visitors ask for first. */
  service_group?: string | null;
}

export interface Service extends Term {
  facet: string;
}

export interface Taxonomy {
  kind: Kind[];
  service: Service[];
  entry: Term[];
  access: Term[];
  tier: Term[];
  status: Term[];
  honour: Term[];
  service_group: Term[];
  event_kind: Term[];
}

export interface Account {
  login: string;
  name: string;
  role: "manager" | "planner" | "administrator";
  scope: { area_code?: string; station_code?: string; name: string }[];
}

export interface Session {
  account: Account | null;
  csrf_token: string | null;
}

export interface HoursPreview {
  understood: boolean;
  hours: string | null;
  open: OpenState | null;
}

export interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  detail_zh?: string;
  detail_en?: string;
  field?: string | null;
  errors?: { field: string; detail: string }[];
  request_id?: string;
  current?: Listing;
  current_version?: number;
  /** The columns of a file in which one that is needed is missing. */
  columns?: unknown[];
}
