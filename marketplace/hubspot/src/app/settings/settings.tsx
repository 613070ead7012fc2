import { hubspot } from "@hubspot/ui-extensions";

import { SettingsPage } from "./SettingsPage";

hubspot.extend<"settings">(() => <SettingsPage />);
