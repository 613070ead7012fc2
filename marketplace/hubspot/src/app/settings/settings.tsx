import { hubspot } from "@hubspot/ui-extensions";
import React from "react";

import { SettingsPage } from "./SettingsPage";

hubspot.extend<"settings">(() => <SettingsPage />);
