/** What somebody may send to whoever looks at a page: markup, quotes, text that runs backwards, and no place to break. */
export const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'\u202e&amp;${"long".repeat(30)}`;
