// The page before anybody has signed in: what this is, whom one can sign in as, and the button.

import { element, facts } from "./element.js";

/** The view. `begin` is called when the person wants to sign in; `message` is what has just happened, if anything. */
export function signInPage({ config, message, begin }) {
  return [
    element("h1", { tabindex: "-1" }, "See your GP record"),
    message,
    element("p", { class: "lead" }, "Sign in to see your test results, your vaccinations and a timeline of what your GP practice has recorded and shares with you."),
    element("p", {}, element("button", { type: "button", class: "action", id: "sign-in", onclick: begin }, "Sign in")),
    element("p", { class: "hint" }, "You sign in on the record service's own page, and choose there what this app may see. The app keeps " +
      "your sign-in in this tab only, and forgets it when you sign out or close the tab."),
    config.users.length > 0 && people(config.users),
  ];
}

function people(users) {
  return element("section", { class: "card", "aria-labelledby": "people-title" },
    element("h2", { id: "people-title" }, "People you can sign in as"),
    element("p", {}, "Type one of these names on the sign-in page. There are no passwords."),
    facts(users.map(({ user, level, about }) => [user, `${about} Level: ${level}.`.replace(/^acts/, "Acts").replace(/(\w) Level/, "$1. Level")])));
}
