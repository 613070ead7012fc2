import { hubspot } from "@hubspot/ui-extensions";
import React from "react";

import { ContactCard } from "./ContactCard";

hubspot.extend<"crm.record.tab">(() => <ContactCard />);
