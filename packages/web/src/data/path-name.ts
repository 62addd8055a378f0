import { useBrowserLocation } from 'wouter/use-browser-location';

/** The name at the end of the address. Names have any characters, which the router decodes only in part. */
export const usePathName = (): string => {
  const [path] = useBrowserLocation();
  const last = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
};

/** The address of a thing by its name. */
export const pathOf = (folder: string, name: string): string => `${folder}/${encodeURIComponent(name)}`;
