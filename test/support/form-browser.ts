/** A browser as far as a test of forms needs it: it keeps a cookie, says where a form came from, and follows to the next page. */
export interface FormBrowser {
  readonly open: (path: string) => Promise<Page>;
  readonly logIn: (token: string) => Promise<Page>;
}
export interface Page extends PageWords {
  readonly status: number;
}
export interface PageWords {
  /** Words of its first heading. */
  readonly heading: string;
  /** What its `pre` elements hold. */
  readonly commands: readonly string[];
}

/** A new one for the site at an address. */
export function browserOf(url: string): FormBrowser {
  let cookie = "";
  const ask = async (path: string, form?: string): Promise<Response> => {
    const type = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
    const headers = { accept: "text/html", origin: url, cookie, ...type };
    const sent = form === undefined ? {} : { method: "POST", body: form };
    return await fetch(`${url}${path}`, { redirect: "manual", ...sent, headers });
  };
  const open = async (path: string): Promise<Page> => await pageOf(await ask(path));
  return {
    open,
    logIn: async (token) => {
      const answer = await ask("/login", new URLSearchParams({ token }).toString());
      cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
      return answer.status === 303 ? await open(answer.headers.get("location") ?? "") : await pageOf(answer);
    },
  };
}

async function pageOf(response: Response): Promise<Page> {
  return { status: response.status, ...readPage(await response.text()) };
}

/** What a test looks for in the text of a page. */
export function readPage(text: string): PageWords {
  const [, heading = ""] = /<h1>([^]*?)<\/h1>/.exec(text) ?? [];
  return {
    heading: heading.replaceAll(/<[^>]*>/g, ""),
    commands: [...text.matchAll(/<pre>([^]*?)<\/pre>/g)].map(([, command = ""]) => plain(command)),
  };
}

function plain(escaped: string): string {
  const marks: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return escaped.replaceAll(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => marks[name] ?? "");
}
